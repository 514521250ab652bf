"""How batch requests, their items and their notices are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from batchadmin.accounts.querysets import ProgramQuerySet

from .states import LIVE, RUNNABLE, BatchStatus

if TYPE_CHECKING:
    from batchadmin.accounts.models import Membership

    from .models import BatchItem, BatchRequest, Notice  # noqa: F401


class BatchQuerySet(ProgramQuerySet["BatchRequest"]):
    """Batch requests of one program or of all."""

    def listed(self) -> BatchQuerySet:
        """Those that Settings > Batch Requests shows: imports, launches and automation have pages of their own."""
        return self.filter(listed=True)

    def live(self) -> BatchQuerySet:
        """Those that have not ended yet."""
        return self.filter(status__in=LIVE)

    def newest_first(self) -> BatchQuerySet:
        return self.order_by("-id")

    def ready(self) -> BatchQuerySet:
        """Those that a worker could serve now: work is pending and nothing asks to wait."""
        return self.filter(status__in=RUNNABLE, pending__gt=0).filter(
            Q(wake_at__isnull=True) | Q(wake_at__lte=timezone.now())
        )

    def holding(self, lock: str) -> BatchQuerySet:
        """The live batch that holds the lock, if any."""
        return self.live().filter(lock=lock)

    def unsettled(self) -> BatchQuerySet:
        """Those that have nothing left to do, but have not been ended."""
        return self.filter(status__in=[BatchStatus.PROCESSING, BatchStatus.STOPPING], pending=0, in_flight=0)


class ItemQuerySet(models.QuerySet["BatchItem"]):
    """Items of a ledger."""

    def visible_to(self, membership: Membership) -> ItemQuerySet:
        return self.filter(batch__program=membership.program)

    def of(self, batch_id: int, *statuses: str) -> ItemQuerySet:
        """The items of a batch, in the order of their keys; of these statuses if any are named."""
        items = self.filter(batch_id=batch_id)
        return (items.filter(status__in=statuses) if statuses else items).order_by("key")

    def reasons(self) -> list[dict[str, Any]]:
        """Each status and reason with how many items have it, the most frequent first."""
        found = (
            self.exclude(reason="")
            .order_by()
            .values("status", "reason")
            .annotate(items=models.Count("key"))
            .order_by("-items", "reason")
        )
        return [dict(row) for row in found]


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices, each of one user about one batch."""

    def visible_to(self, membership: Membership) -> NoticeQuerySet:
        return self.filter(user=membership.user, batch__program=membership.program)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at__isnull=True)
