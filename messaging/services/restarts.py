"""Restarting a broadcast: a line of links, each for those whom the ones before didn't reach."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batches.refusals import AlreadyRestarted, NotPossible
from batches.services import batch_request
from campaigns.models import Influencer
from messaging.audience import ledger_rows, terms_of
from messaging.models import Broadcast
from messaging.providers.registry import provider_of
from messaging.restarting import eligible_people, line_of, newest_link
from messaging.states import BROADCAST
from messaging.variables import shared_values

from .broadcasts import broadcast_create, message_check, name_of

LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Restart:
    """The newest link of a line. `is_new`: this call made it; otherwise somebody else had, earlier."""

    broadcast: Broadcast
    is_new: bool


def broadcast_restart(
    *,
    broadcast: Broadcast,
    by: User,
    include_unknown: bool = False,
    leave_out_hopeless: bool = False,
    name: str | None = None,
    subject: str | None = None,
    body: str | None = None,
) -> Restart:
    """Send again to those whom no link of the line has reached, at today's addresses, perhaps with another text.

    `leave_out_hopeless` spares those who are sure to fail again; `name` is what lists call it, "May news 2" without one.
    If the broadcast was restarted already, that restart is returned instead: two presses make one. Raises TemplateFault
    for a text that can't be used, and NotPossible while it is still being sent, when nobody is left, or when the channel's
    provider is not installed here.
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
    people = eligible_people(
        broadcast, include_unknown=include_unknown, leave_out_hopeless=leave_out_hopeless
    )
    if not people.exists():
        raise NotPossible(
            _("Everybody has it or is left out for a reason, so there is nobody to restart for.")
        )
    try:
        return Restart(_request(broadcast, by, people, subject, body, name), is_new=True)
    except AlreadyRestarted as earlier:
        return Restart(Broadcast.objects.with_all().get(pk=earlier.batch.pk), is_new=False)


def restart_name(broadcast: Broadcast) -> str:
    """What lists call the next restart of the line: "May news 2", then "May news 3"."""
    number = len(line_of(broadcast.batch))
    name = broadcast.batch.name
    if number > 1:
        name = name.removesuffix(f" {number}")
    end = f" {number + 1}"
    return f"{name[: LONGEST_NAME - len(end)]}{end}"


def _name(broadcast: Broadcast, subject: str, body: str) -> str:
    """What lists call a restart that nobody has named: with another text, what they would call a new broadcast."""
    if (subject, body) == (broadcast.subject, broadcast.body):
        return restart_name(broadcast)
    shared = shared_values(broadcast.batch.program, broadcast.campaign, broadcast.stage)
    return name_of(subject, body, broadcast.template, shared)


def _request(
    broadcast: Broadcast,
    by: User,
    people: QuerySet[Influencer],
    subject: str,
    body: str,
    name: str | None,
) -> Broadcast:
    former, provider = broadcast.batch, provider_of(broadcast.channel)
    if not provider.installed:
        raise NotPossible(provider.problem())
    # The text's template may have gone to people by other broadcasts meanwhile: they have it, too.
    terms = terms_of(
        reaches=provider.reaches,
        template=broadcast.template,
        exclude_past=broadcast.exclude_past,
    )
    with transaction.atomic():
        batch = batch_request(
            program=former.program,
            requester=by,
            kind=BROADCAST,
            name=(name or _name(broadcast, subject, body))[:LONGEST_NAME],
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
            time_limit=broadcast.time_limit,
            html=broadcast.html if body == broadcast.body else "",
            attachments=list(broadcast.attachments.all()),
        )
