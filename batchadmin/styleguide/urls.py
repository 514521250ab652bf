"""The addresses of the styleguide."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.styleguide, name="styleguide"),
    path("question/", views.question, name="styleguide-question"),
]
