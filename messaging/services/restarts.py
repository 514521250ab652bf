"""Restarting a broadcast: a line of links, each for those whom the ones before didn't reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batches.models import BatchItem, BatchRequest
from batches.reasons import reason_of
from batches.refusals import AlreadyRestarted, NotPossible
from batches.services import batch_request
from batches.states import ItemStatus
from campaigns.models import Influencer
from messaging.audience import ledger_rows, terms_of
from messaging.models import Broadcast
from messaging.providers.registry import provider_class
from messaging.recipients import chain_of
from messaging.states import BROADCAST
from messaging.variables import shared_values

from .broadcasts import broadcast_create, message_check, name_of


@dataclass(frozen=True, slots=True)
class Restart:
    """The newest link of a line. `is_new`: this call made it; otherwise somebody else had, earlier."""

    broadcast: Broadcast
    is_new: bool


@dataclass(frozen=True, slots=True)
class RestartCheck:
    """What a restart would come to, over all links of the line."""

    failed: int
    not_sent: int
    unknown: int
    received: int
    hopeless: int  # of the failed: sure to fail again

    @property
    def eligible(self) -> int:
        """How many a restart is for, without those whose outcome is unknown."""
        return self.failed + self.not_sent


def newest_link(broadcast: Broadcast) -> Broadcast:
    """The last restart of the line that the broadcast is in; itself if it was never restarted."""
    batch = broadcast.batch
    while (following := BatchRequest.objects.filter(restart_of=batch).first()) is not None:
        batch = following
    return broadcast if batch.pk == broadcast.pk else Broadcast.objects.with_all().get(pk=batch.pk)


NEWEST = """
WITH RECURSIVE line (first, id) AS (
  SELECT id, id FROM batches_batchrequest WHERE id = ANY(%s)
  UNION ALL
  SELECT line.first, later.id FROM line JOIN batches_batchrequest later ON later.restart_of_id = line.id
)
SELECT first, max(id) FROM line GROUP BY first HAVING max(id) <> first
"""


def newest_links(batches: Iterable[BatchRequest]) -> dict[int, BatchRequest]:
    """The last restart of each of these batches that was restarted, by the batch's id; two queries at most."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [[batch.pk for batch in batches if not batch.is_live]])
        newest = dict(cursor.fetchall())
    found = BatchRequest.objects.select_related("program").in_bulk(set(newest.values())) if newest else {}
    return {first: found[last] for first, last in newest.items()}


def restart_check(*, broadcast: Broadcast) -> RestartCheck:
    """How many of the line a restart would reach now, and how many it leaves alone."""
    chain = [*chain_of(broadcast.batch), broadcast.pk]
    fates = _fates(chain)
    missed = fates.filter(received=False, unknown=False)
    counts = {
        "failed": missed.filter(failed=True).count(),
        "not_sent": missed.filter(failed=False, not_sent=True).count(),
        "unknown": fates.filter(received=False, unknown=True).count(),
        "received": fates.filter(received=True).count(),
    }
    failures = BatchItem.objects.filter(
        batch_id__in=chain, status=ItemStatus.FAILED, key__in=missed.filter(failed=True).values("key")
    )
    reasons = failures.order_by().values("reason").annotate(people=Count("key", distinct=True))
    return RestartCheck(
        **counts, hopeless=sum(row["people"] for row in reasons if reason_of(row["reason"]).hopeless)
    )


def broadcast_restart(
    *,
    broadcast: Broadcast,
    by: User,
    include_unknown: bool = False,
    subject: str | None = None,
    body: str | None = None,
) -> Restart:
    """Send again to those whom no link of the line has reached, at today's addresses, perhaps with another text.

    If the broadcast was restarted already, that restart is returned instead: two presses make one. Raises TemplateFault
    for a text that can't be used, and NotPossible while it is still being sent or when nobody is left.
    """
    newest = newest_link(broadcast)
    if newest.pk != broadcast.pk:
        return Restart(newest, is_new=False)
    if broadcast.batch.is_live:
        raise NotPossible(_("It is still being sent. Stop it, or wait until it has ended."))
    # What a provider has approved can't be worded anew.
    subject = broadcast.subject if subject is None or broadcast.approved else subject
    body = broadcast.body if body is None or broadcast.approved else body
    message_check(subject=subject, body=body, campaign=broadcast.campaign, stage=broadcast.stage)
    people = eligible_people(broadcast, include_unknown=include_unknown)
    if not people.exists():
        raise NotPossible(
            _("Everybody has it or is left out for a reason, so there is nobody to restart for.")
        )
    try:
        return Restart(_request(broadcast, by, people, subject, body), is_new=True)
    except AlreadyRestarted as earlier:
        return Restart(Broadcast.objects.with_all().get(pk=earlier.batch.pk), is_new=False)


def eligible_people(broadcast: Broadcast, *, include_unknown: bool) -> QuerySet[Influencer]:
    """The influencers whom a restart is for."""
    chain = [*chain_of(broadcast.batch), broadcast.pk]
    missed = Q(failed=True) | Q(not_sent=True)
    wanted = missed | Q(unknown=True) if include_unknown else missed & Q(unknown=False)
    fates = _fates(chain).filter(wanted, received=False)
    return Influencer.objects.filter(program=broadcast.batch.program_id, pk__in=fates.values("key"))


def _fates(chain: list[int]) -> QuerySet[Any, Any]:
    """Each person of the line once, with what became of them in any link: one pass over the ledgers."""
    return (
        BatchItem.objects.filter(batch_id__in=chain)
        .order_by()
        .values("key")
        .annotate(
            received=BoolOr(Q(status=ItemStatus.SUCCEEDED)),
            unknown=BoolOr(Q(status=ItemStatus.UNKNOWN)),
            failed=BoolOr(Q(status=ItemStatus.FAILED)),
            not_sent=BoolOr(Q(status=ItemStatus.NOT_SENT)),
        )
    )


def _request(
    broadcast: Broadcast, by: User, people: QuerySet[Influencer], subject: str, body: str
) -> Broadcast:
    former = broadcast.batch
    # The text's template may have gone to people by other broadcasts meanwhile: they have it, too.
    terms = terms_of(
        reaches=provider_class(broadcast.channel).reaches,
        template=broadcast.template,
        exclude_past=broadcast.exclude_past,
    )
    shared = shared_values(former.program, broadcast.campaign, broadcast.stage)
    with transaction.atomic():
        batch = batch_request(
            program=former.program,
            requester=by,
            kind=BROADCAST,
            name=name_of(subject, body, broadcast.template, shared),
            rows=ledger_rows(people, terms),
            campaign_name=former.campaign_name,
            listed=former.listed,
            restart_of=former,
        )
        return broadcast_create(
            batch,
            channel=broadcast.channel,
            template=broadcast.template,
            campaign=broadcast.campaign,
            stage=broadcast.stage,
            subject=subject,
            body=body,
            exclude_past=broadcast.exclude_past,
            approved=broadcast.approved,
            html=broadcast.html if body == broadcast.body else "",
            attachments=list(broadcast.attachments.all()),
        )
