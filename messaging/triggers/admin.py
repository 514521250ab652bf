"""The admin of triggers: for looking. Secrets are never shown; what was launched is never edited."""

from __future__ import annotations

from django.contrib import admin

from batchadmin.lib.admin_lists import RecentValues
from batches.admin import ReadOnly
from messaging.models import ActionHook, HookCall, LaunchMiss, Trigger, TriggerLaunch


@admin.register(Trigger)
class TriggerAdmin(ReadOnly):
    """Triggers of all programs; managers change them on their page."""

    list_display = ("id", "name", "program", "channel", "is_active", "by_api", "changed_at")
    list_filter = ("is_active", "by_api")
    list_select_related = ("program", "channel")
    search_fields = ("name", "program__name")


@admin.register(TriggerLaunch)
class TriggerLaunchAdmin(ReadOnly):
    """Every launch; its recipients stand on its own page."""

    list_display = ("id", "trigger", "program", "state", "matching", "asked", "missed", "created_at")
    list_filter = ("state", ("matching", RecentValues))
    list_select_related = ("trigger", "program")
    search_fields = ("=id", "=task", "trigger__name")
    exclude = ("items",)


@admin.register(LaunchMiss)
class LaunchMissAdmin(ReadOnly):
    """Values that led to nobody."""

    list_display = ("id", "launch_id", "position", "value", "reason")
    list_filter = (("reason", RecentValues),)
    search_fields = ("=launch__id",)


@admin.register(ActionHook)
class ActionHookAdmin(ReadOnly):
    """Hooks, without their secrets."""

    list_display = ("id", "trigger", "url", "created_at", "removed_at")
    list_select_related = ("trigger",)
    search_fields = ("=id",)
    exclude = ("secret",)


@admin.register(HookCall)
class HookCallAdmin(ReadOnly):
    """Every call of a hook, with its attempts."""

    list_display = ("id", "hook_id", "launch_id", "key", "state", "due_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("=id", "=launch__id", "=key")
