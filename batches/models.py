"""Batch requests and their ledgers: the one record of what was to be done, for whom, and how it ended."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program

from .process_models import Installation, SchedulerBeat, WorkerLease
from .querysets import BatchQuerySet, ItemQuerySet, NoticeQuerySet
from .states import LIVE, BatchStatus, ItemStatus, Lane, MailState
from .webhook_models import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "COUNTED",
    "BatchEvent",
    "BatchItem",
    "BatchRequest",
    "Claim",
    "Installation",
    "Notice",
    "SchedulerBeat",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WorkerLease",
]

COUNTED = ("pending", "in_flight", "succeeded", "failed", "skipped", "not_sent", "unknown")


def _no_counts() -> Any:
    return models.PositiveIntegerField(default=0, editable=False)


class BatchRequest(models.Model):
    """One bulk operation. Its counts change in the transaction that changes its ledger, and always add up to `total`."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="batches")
    kind = models.CharField(max_length=40)  # the code of the kind that does the work
    # The version of the kind's work: workers of an older release leave it alone. Theirs is 1: see the decision on upgrades.
    needs_version = models.PositiveSmallIntegerField(default=1, db_default=1)
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")  # of the page or call
    type = models.CharField(_("type"), max_length=40)  # what people and the API see
    listed = models.BooleanField(default=True)
    lane = models.CharField(max_length=10, choices=Lane, default=Lane.BULK)
    name = models.CharField(_("name"), max_length=300)
    campaign_name = models.CharField(_("campaign"), max_length=200, blank=True)
    lock = models.CharField(
        max_length=60, blank=True
    )  # what nobody else may fill meanwhile, such as "stage:12"

    status = models.CharField(_("status"), max_length=20, choices=BatchStatus, default=BatchStatus.QUEUED)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="batches",
        verbose_name=_("requester"),
    )
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    scheduled_for = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    after_stop = _no_counts()  # handed over successfully after the click on Stop
    restart_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="restarted_as"
    )

    total = _no_counts()
    pending = _no_counts()
    in_flight = _no_counts()
    succeeded = _no_counts()
    failed = _no_counts()
    skipped = _no_counts()
    not_sent = _no_counts()
    unknown = _no_counts()
    failed_since_end = _no_counts()  # late failures: bounces after the end

    retries = models.PositiveSmallIntegerField(default=0)  # breaks in a row without progress
    last_error = models.TextField(blank=True)
    details_removed_at = models.DateTimeField(null=True, blank=True, editable=False)  # by retention
    wake_at = models.DateTimeField(null=True, blank=True)  # not to be served before
    wait_reason = models.CharField(max_length=60, blank=True)
    served_at = models.DateTimeField(null=True, blank=True)  # whose turn it was last
    progress_at = models.DateTimeField(null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch request")
        verbose_name_plural = _("batch requests")
        indexes = [
            models.Index(fields=["program", "-id"], name="batch_program_newest"),
            models.Index(fields=["status"], condition=Q(status__in=LIVE), name="batch_live"),
            models.Index(fields=["program", "served_at"], name="batch_program_served"),  # whose turn it is
            models.Index(fields=["program", "requested_at"], name="batch_program_requested"),
            models.Index(
                fields=["program", "total", "id"], name="batch_program_size"
            ),  # known when it is requested
            # Few have any, and the dashboard asks for them again and again.
            models.Index(fields=["program", "-id"], condition=Q(unknown__gt=0), name="batch_unknown"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["lock"],
                condition=Q(status__in=LIVE) & ~Q(lock=""),
                name="batch_one_live_holder_of_a_lock",
            ),
            models.CheckConstraint(
                condition=Q(
                    total=F("pending")
                    + F("in_flight")
                    + F("succeeded")
                    + F("failed")
                    + F("skipped")
                    + F("not_sent")
                    + F("unknown")
                ),
                name="batch_counts_add_up",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Name and campaign in one, as lists show it."""
        return f"{self.name}, {self.campaign_name}" if self.campaign_name else self.name

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def waiting(self) -> int:
        """How many are not decided yet."""
        return int(self.pending + self.in_flight)

    @property
    def done(self) -> int:
        """How many are decided, one way or another."""
        return int(self.total - self.waiting)

    @property
    def percent(self) -> int:
        """Share that is decided, rounded down, so that 100 means all."""
        return 100 * self.done // self.total if self.total else 100

    @property
    def success_rate(self) -> float | None:
        """Per cent that succeeded of those that were not skipped, cut to one decimal; None when all were skipped."""
        whole = self.total - self.skipped
        return 1000 * self.succeeded // whole / 10 if whole else None

    @property
    def sent_after_stop(self) -> int | None:
        """How many went out after Stop was pressed, as far as known; None if it never was."""
        return None if self.stop_requested_at is None else int(self.after_stop)


class BatchItem(models.Model):
    """One recipient or row of a batch: a line of the ledger. Slim on purpose: each byte and index costs every message."""

    pk = models.CompositePrimaryKey("batch_id", "key")
    # No constraint in the database: batches are never deleted, and the check would cost each line a look-up.
    batch = models.ForeignKey(
        BatchRequest, on_delete=models.DO_NOTHING, db_constraint=False, related_name="items", db_index=False
    )
    key = models.BigIntegerField()  # influencer id or row number
    status = models.CharField(max_length=10, choices=ItemStatus, default=ItemStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, default="")
    detail = models.TextField(default="")
    payload = models.JSONField(null=True)  # frozen with the request: an address, a row of a file

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        indexes = [
            # What a claim looks for; shrinks to nothing as the batch is done.
            models.Index(fields=["batch", "key"], condition=Q(status="pending"), name="item_pending"),
        ]


class Claim(models.Model):
    """Items that one worker has in hand. Gone with the report; kept as taken over until a journal settles it."""

    worker = models.ForeignKey(WorkerLease, on_delete=models.PROTECT, related_name="claims")
    batch = models.ForeignKey(BatchRequest, on_delete=models.PROTECT, related_name="claims")
    keys = models.JSONField()  # in the order of the journal's bytes
    claimed_at = models.DateTimeField(default=timezone.now)
    taken_over_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")


class BatchEvent(models.Model):
    """What happened to a batch, for its timeline: requested, started, stopped by whom, taken over, decided."""

    batch = models.ForeignKey(BatchRequest, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=40)
    who = models.CharField(max_length=254, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.what} {self.detail}".strip()


class Notice(models.Model):
    """The one word to its requester that a batch has ended, written in the transaction that ends it."""

    batch = models.OneToOneField(BatchRequest, on_delete=models.CASCADE, related_name="notice")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    subject = models.CharField(max_length=400)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    mail_state = models.CharField(max_length=20, choices=MailState, default=MailState.WAITING)
    message_id = models.CharField(max_length=120, unique=True)
    mail_error = models.TextField(blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(
                fields=["mail_state"], condition=Q(mail_state="waiting"), name="notice_mail_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.subject
