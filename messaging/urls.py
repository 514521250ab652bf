"""Addresses of channels, templates, broadcasts and chats, within a program."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
