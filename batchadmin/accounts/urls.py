"""Addresses of the log-in, of one's own page, and of a program's members."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
