"""In which batches somebody was, and what became of them there: the newest first, some at a time.

The ledger's only way to a line is its batch and then the person; an index by person would cost every message. So the program's
batches are gone through backwards, and each is asked for this one person: `MOST_LOOKED_AT` of them in a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Subquery
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Membership
from batches.models import BatchItem, BatchRequest
from batches.presentation import StatusWord
from batches.querysets import BatchQuerySet
from batches.reasons import Reason
from campaigns.bulk import CampaignAdd, StageMove
from campaigns.bulk.imports import InfluencerImport
from campaigns.models import Influencer
from campaigns.querysets import any_of
from messaging.models import Message
from messaging.recipient_rows import Recipient

SHOWN = 10
# Batches for one page. Who is in few of very many gets a short page, and the way on.
MOST_LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Part:
    """One batch that somebody was in, with their line of its ledger, and their message if it has come to one."""

    batch: BatchRequest
    line: Recipient

    @property
    def title(self) -> str:
        """What it was: a message's name as it is, a stage with what was done there."""
        words = {
            CampaignAdd.code: _("Add to campaign: {name}"),
            StageMove.code: _("Move to stage: {name}"),
        }.get(self.batch.kind, "{name}")
        return words.format(name=self.batch.title)

    @property
    def status(self) -> StatusWord:
        """What became of the person there, as far as it is known."""
        done = {CampaignAdd.code: _("Added"), StageMove.code: _("Moved")}.get(self.batch.kind)
        if done and self.line.item.status == "succeeded":
            return StatusWord(done, "check", "green")
        return self.line.status

    @property
    def reason(self) -> Reason | None:
        """Why it ended so, where there is a reason."""
        return self.line.reason

    @property
    def detail(self) -> str:
        """What stands behind the reason."""
        return str(self.line.item.detail)


@dataclass(frozen=True, slots=True)
class Parts:
    """Some of the batches of a person. `older_than`: where to go on, if anywhere; `looked_back_to`: where the look broke off."""

    found: Sequence[Part]
    older_than: int | None = None
    looked_back_to: datetime | None = None


def parts_of(person: Influencer, membership: Membership, before: int | None = None) -> Parts:
    """The person's newest batches, of those `before` this number if one is given: three queries."""
    batches = BatchRequest.objects.visible_to(membership).newest_first()
    if before is not None:
        batches = batches.filter(pk__lt=before)
    # Imports are asked about rows, not about people: a number there is a row's.
    lines = (
        BatchItem.objects.filter(any_of("batch_id", batches.values("pk")[:MOST_LOOKED_AT]), key=person.pk)
        .exclude(batch__kind=InfluencerImport.code)
        .select_related("batch")
        .order_by("-batch_id")
    )
    items = list(lines[: SHOWN + 1])
    shown = items[:SHOWN]
    found = _with_messages(person, shown)
    if len(items) > SHOWN:
        return Parts(found, older_than=shown[-1].batch_id)
    last = _last_of(batches)
    return Parts(found, *last) if last else Parts(found)


def _last_of(batches: BatchQuerySet) -> tuple[int, datetime] | None:
    """Where a look through these ended; None if it came to their end. The index that finds the batch has no times in it."""
    key = batches.values("pk")[MOST_LOOKED_AT - 1 : MOST_LOOKED_AT]
    return BatchRequest.objects.filter(pk=Subquery(key)).values_list("pk", "requested_at").first()


def _with_messages(person: Influencer, items: Sequence[BatchItem]) -> list[Part]:
    named = Message.objects.filter(batch_id__in=[item.batch_id for item in items], key=person.pk)
    messages = {message.batch_id: message for message in named.defer("body", "subject")}
    return [Part(item.batch, Recipient(item, "", "", messages.get(item.batch_id))) for item in items]
