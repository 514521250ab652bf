"""The admin of the engine: for looking, and for the two things that support does. Nothing here edits a ledger.

Items are not here: they have a key of two columns, which the admin can't show; staff see them on the batch's own page.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import User
from batchadmin.accounts.services import audit_record
from batchadmin.lib.admin_lists import BoundedPaginator
from batchadmin.lib.support import NotDone, SupportActions

from .engine.sweeper import sweep
from .models import (
    BatchEvent,
    BatchRequest,
    Claim,
    Installation,
    Notice,
    SchedulerBeat,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WorkerLease,
)
from .presentation import status_word
from .refusals import BatchRefused
from .registry import kind_of
from .services import batch_resume, batch_stop
from .webhooks.sending import delivery_again


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that staff look at: the engine alone writes them."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes one here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes one here."""
        return False


@admin.register(BatchRequest)
class BatchRequestAdmin(SupportActions, ReadOnly):
    """Batch requests of all programs, with the actions of support."""

    list_display = (
        "id",
        "program",
        "type",
        "title",
        "total",
        "status_shown",
        "requester",
        "requested_at",
        "finished_at",
    )
    list_display_links = ("id", "title")
    list_filter = ("status", "lane", "listed", "program")
    list_select_related = ("program", "requester")
    search_fields = ("=id", "name", "campaign_name", "requester__email")
    search_help_text = _("Number, name, campaign, or the requester's e-mail address")
    readonly_fields = ("page",)
    actions = ("stop", "resume", "sweep")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BatchRequest]:
        """With everything that one batch's page shows beside its own columns."""
        return BatchRequest.objects.select_related("program", "requester", "stopped_by", "restart_of")

    @admin.display(description=_("status"), ordering="status")
    def status_shown(self, batch: BatchRequest) -> str:
        """The status with its per cent, as pages show it."""
        return status_word(batch).words

    @admin.display(description=_("page and items"))
    def page(self, batch: BatchRequest) -> SafeString:
        """The way to the batch's own page, where its items are."""
        return format_html('<a href="{}">{}</a>', kind_of(batch).page(batch), _("Open"))

    @admin.action(description=_("Stop, also what pages may not stop"), permissions=["operate"])
    def stop(self, request: HttpRequest, batches: QuerySet[BatchRequest]) -> HttpResponse | None:
        """Stop these batches in the name of the member of staff."""

        def do(batch: BatchRequest) -> str:
            _possible(batch_stop, batch=batch, by=request.user, force=True)
            return now("It is being stopped.")

        words = now("What is done stays; nobody else gets anything from them. A restart reaches the rest.")
        question = now("Stop these batches?")
        return self.carry_out(request, batches, action="stop", question=question, consequence=words, do=do)

    @admin.action(description=_("Resume: overdue, waiting for a retry, or stalled"), permissions=["operate"])
    def resume(self, request: HttpRequest, batches: QuerySet[BatchRequest]) -> HttpResponse | None:
        """Have these batches go on, in the name of the member of staff."""

        def do(batch: BatchRequest) -> str:
            _possible(batch_resume, batch=batch, by=request.user)
            return now("It goes on.")

        words = now("They go on at once, where they were. What is overdue or scheduled goes out now.")
        question = now("Resume these batches?")
        return self.carry_out(request, batches, action="resume", question=question, consequence=words, do=do)

    @admin.action(
        description=_("Sweep: settle what lost workers held, and wake what waits"), permissions=["operate"]
    )
    def sweep(self, request: HttpRequest, batches: QuerySet[BatchRequest]) -> HttpResponse | None:
        """Do what the scheduler does once a second, once, on account of these batches."""
        swept: list[dict[str, int]] = []

        def do(batch: BatchRequest) -> str:
            if not swept:  # it is for all batches, however many are chosen
                swept.append(sweep())
            audit_record(
                program=batch.program,
                actor=cast(User, request.user),
                action="batch.swept",
                subject=batch.title,
                batch=batch.pk,
            )
            return now("Everything was swept.")

        words = now(
            "What lost workers held is settled and what is ready is woken, of all batches, as schedulers do."
        )
        question = now("Sweep now?")
        return self.carry_out(request, batches, action="sweep", question=question, consequence=words, do=do)


def _possible(service: Any, **given: Any) -> None:
    """Call the service; what it refuses is told as support is told things."""
    try:
        service(**given)
    except BatchRefused as refusal:
        raise NotDone(str(refusal)) from refusal


@admin.register(BatchEvent)
class BatchEventAdmin(ReadOnly):
    """The timelines of all batches."""

    list_display = ("at", "batch", "what", "who", "detail")
    list_select_related = ("batch",)
    search_fields = ("=batch__id", "who")


@admin.register(Notice)
class NoticeAdmin(ReadOnly):
    """Notices, and how far their e-mails have come."""

    list_display = ("created_at", "user", "subject", "mail_state", "read_at")
    list_filter = ("mail_state",)
    list_select_related = ("user", "batch")
    search_fields = ("=batch__id", "user__email")


@admin.register(WorkerLease)
class WorkerLeaseAdmin(ReadOnly):
    """Worker processes: who is alive, since when, and when it was last heard of."""

    list_display = ("host", "pid", "started_at", "renewed_at", "ended_at")
    list_filter = ("host",)
    ordering = ("-started_at",)


@admin.register(Installation)
class InstallationAdmin(ReadOnly):
    """Which database this was when workers were last allowed to start on it."""

    list_display = ("mark", "noted_at")


@admin.register(SchedulerBeat)
class SchedulerBeatAdmin(ReadOnly):
    """Scheduler processes, and when each last swept."""

    list_display = ("host", "pid", "started_at", "swept_at", "sweeps", "broken")
    list_filter = ("host",)


@admin.register(Claim)
class ClaimAdmin(ReadOnly):
    """What workers have in hand; those taken over wait for a journal that may come back."""

    list_display = ("id", "batch", "worker", "size", "claimed_at", "taken_over_at")
    list_select_related = ("batch", "worker")

    @admin.display(description=_("items"))
    def size(self, claim: Claim) -> int:
        """How many items."""
        return len(claim.keys)


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    """Who is told when batches end; secrets are for the program's owners only."""

    list_display = ("url", "program", "is_active", "created_by", "created_at")
    list_select_related = ("program", "created_by")
    search_fields = ("url", "program__slug")
    exclude = ("secret",)


class WebhookAttemptInline(admin.TabularInline):  # type: ignore[type-arg]
    """The attempts at a delivery."""

    model = WebhookAttempt
    fields = ("at", "status", "error", "seconds")
    readonly_fields = fields
    extra = 0
    can_delete = False
    max_num = 0


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(SupportActions, ReadOnly):
    """What webhooks were told, with every attempt."""

    list_display = ("uid", "webhook", "event", "status", "tries", "next_at", "created_at")
    list_select_related = ("webhook__program",)
    list_filter = ("status", "event")
    search_fields = ("webhook__url",)
    inlines = (WebhookAttemptInline,)
    actions = ("send_again",)

    @admin.action(description=_("Send again now"), permissions=["operate"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> HttpResponse | None:
        """Tell the webhooks once more, in the name of the member of staff."""

        def do(delivery: WebhookDelivery) -> str:
            if not delivery_again(delivery=delivery):
                raise NotDone(now("It is waiting to be sent anyway."))
            hook = delivery.webhook
            audit_record(
                program=hook.program,
                actor=cast(User, request.user),
                action="webhook.resent",
                subject=hook.url,
            )
            return now("It is sent again now.")

        words = now("The same is posted again, with the same id, so the other side can tell.")
        question = now("Send these again?")
        return self.carry_out(
            request, deliveries, action="send_again", question=question, consequence=words, do=do
        )
