"""Addresses of the API of triggers, without a slash at the end."""

from django.urls import path

from . import description, views

urlpatterns = [
    path("campaigns/triggers/start_batch", views.start_batch, name="trigger-start-batch"),
    path("campaigns/triggers/start", views.start, name="trigger-start"),
    path("campaigns/triggers/start_batch_task", views.start_batch_task, name="trigger-start-batch-task"),
    path("campaigns/triggers/task/<str:task>", views.task, name="trigger-task"),
    path("openapi.json", description.openapi, name="trigger-openapi"),
    path("docs", description.docs, name="trigger-api-docs"),
    path("", views.nothing_here),
    path("<path:rest>", views.nothing_here),
]
