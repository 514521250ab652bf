"""Settings > Batch Requests, a batch's page, notices, and the live pill."""

from django.urls import path

urlpatterns: list[object] = []
