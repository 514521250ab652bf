"""The admin for staff: everything can be looked up, and nothing edited that would break history or a ledger."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from batchadmin.lib.admin_lists import BoundedPaginator
from campaigns.models import (
    AddressKey,
    Campaign,
    Erasure,
    Import,
    ImportBulk,
    Influencer,
    KeptOptOut,
    OptChange,
    OptOut,
    Participant,
    Stage,
    StageChange,
    StageUpdate,
    Subscription,
)


class BigTableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists of large tables: no full counts, no drop-downs with everybody in them."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50


class ReadOnlyAdmin(BigTableAdmin):
    """Can be looked at, and that is all."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Influencer)
class InfluencerAdmin(BigTableAdmin):
    """Influencers are found by the same text as on the pages."""

    list_display = ("known_as", "email", "msisdn", "program", "created_at")
    list_select_related = ("program",)
    list_filter = ("program",)
    search_fields = ("external_id", "email", "msisdn")
    search_help_text = "Name, address, handle or ID"
    autocomplete_fields = ("program",)
    readonly_fields = ("known_as", "created_at", "updated_at", "erased_at")
    ordering = ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search as the pages do."""
        return (queryset.search(search_term) if search_term else queryset), False  # type: ignore[attr-defined]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History hangs on them."""
        return False


@admin.register(OptOut)
class OptOutAdmin(BigTableAdmin):
    list_display = ("influencer", "channel_type", "at", "source", "reason", "by_person")
    list_select_related = ("influencer",)
    list_filter = ("channel_type", "source", "by_person")
    autocomplete_fields = ("influencer",)
    ordering = ("-pk",)


@admin.register(OptChange)
class OptChangeAdmin(ReadOnlyAdmin):
    """On whose word somebody was opted out or in again."""

    list_display = ("influencer", "channel_type", "opted_out", "source", "reason", "by_user", "at")
    list_select_related = ("influencer", "by_user")
    list_filter = ("channel_type", "source", "opted_out")
    ordering = ("-pk",)


@admin.register(Subscription)
class SubscriptionAdmin(BigTableAdmin):
    list_display = ("influencer", "kind", "address", "provider", "opted_in", "source", "created_at")
    list_select_related = ("influencer",)
    list_filter = ("kind", "opted_in")
    search_fields = ("address", "subscription_id")
    autocomplete_fields = ("program", "influencer")
    ordering = ("-pk",)


class StageInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Stage
    extra = 0
    can_delete = False


@admin.register(Campaign)
class CampaignAdmin(BigTableAdmin):
    list_display = ("name", "program", "created_at", "archived_at")
    list_select_related = ("program",)
    list_filter = ("program",)
    search_fields = ("name",)
    autocomplete_fields = ("program",)
    inlines = (StageInline,)
    ordering = ("-pk",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Archive it instead."""
        return False


@admin.register(Participant)
class ParticipantAdmin(ReadOnlyAdmin):
    """A stage is changed by a move, which writes history; never here."""

    list_display = ("influencer", "campaign", "stage", "entered_stage_at")
    list_select_related = ("influencer", "campaign", "stage")
    ordering = ("-pk",)


@admin.register(StageChange)
class StageChangeAdmin(ReadOnlyAdmin):
    list_display = ("participant_id", "from_stage", "to_stage", "at", "by_name", "batch_id")
    list_select_related = ("from_stage", "to_stage")
    ordering = ("-pk",)


@admin.register(StageUpdate)
class StageUpdateAdmin(ReadOnlyAdmin):
    list_display = ("batch", "campaign", "action", "from_stage", "to_stage")
    list_select_related = ("batch", "campaign", "from_stage", "to_stage")
    ordering = ("-pk",)


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "program", "state", "requester", "created_at", "erased_at")
    list_select_related = ("program", "requester")
    list_filter = ("state",)
    search_fields = ("import_id", "file_name")
    ordering = ("-pk",)


@admin.register(ImportBulk)
class ImportBulkAdmin(ReadOnlyAdmin):
    list_display = ("batch_id", "parent", "number", "members_created", "members_updated", "members_rejected")
    list_select_related = ("parent",)
    ordering = ("-pk",)


@admin.register(AddressKey, Erasure, KeptOptOut)
class ErasureAdmin(BigTableAdmin):
    """What stays of those who were erased: for looking."""

    show_full_result_count = False
    list_select_related = True
    exclude = ("secret",)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody edits it."""
        return False

    has_add_permission = has_delete_permission = has_change_permission
