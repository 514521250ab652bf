"""The addresses of this app's pages, below /p/<program>/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
