"""The addresses that providers call: outside of programs, each named by its channel's public id."""

from django.urls import path

from . import webhooks

urlpatterns = [path("<uuid:public_id>/", webhooks.hook, name="hook")]
