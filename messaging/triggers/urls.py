"""Addresses of triggers and their launches, within a program."""

from django.urls import path, re_path

from .views import hooks, launches, triggers

urlpatterns = [
    path("triggers/", triggers.trigger_list, name="triggers"),
    path("triggers/new/", triggers.trigger_new, name="trigger-new"),
    path("triggers/<int:pk>/", triggers.trigger_page, name="trigger"),
    path("triggers/<int:pk>/edit/", triggers.trigger_edit, name="trigger-edit"),
    re_path(r"^triggers/(?P<pk>[0-9]+)/(?P<to>on|off)/$", triggers.trigger_switch, name="trigger-switch"),
    path("triggers/<int:pk>/hooks/", hooks.hook_new, name="trigger-hook-new"),
    path("triggers/hooks/<int:pk>/remove/", hooks.hook_delete, name="trigger-hook-remove"),
    path("triggers/launches/<int:pk>/", launches.launch_page, name="launch"),
]
