"""From "these people are due" to a batch that sends: rows that can exist once, then the batch, in one transaction.

A row of AutomatedDelivery is unique on (template, influencer). Whoever inserts it sends it; whoever comes second, after a
crash, a clock that was put back or on another host, finds it there. A row without a batch is never committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from batchadmin.accounts.models import Membership, User
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.services import batch_request
from batches.states import Lane
from campaigns.models import Campaign, Influencer, Stage
from messaging.approved import approved_body
from messaging.audience import Terms, ledger_rows, past_by_hand
from messaging.models import AutomatedDelivery, Template
from messaging.providers.registry import provider_class, provider_of
from messaging.services.broadcasts import broadcast_create, name_of
from messaging.variables import shared_values

from .sending import AutomatedSend

# In the order of the ids, so that two transactions never wait for each other in a circle. Who has a row already is left out
# before the conflict is even tried: a conflict costs a number of the sequence each time.
_INSERT = """
INSERT INTO messaging_automateddelivery (template_id, influencer_id, at)
SELECT %s, due.influencer_id, clock_timestamp() FROM ({due}) AS due (influencer_id)
WHERE NOT EXISTS (SELECT FROM messaging_automateddelivery had
    WHERE had.template_id = %s AND had.influencer_id = due.influencer_id)
ORDER BY due.influencer_id
ON CONFLICT (template_id, influencer_id) DO NOTHING
"""


def deliver(
    *,
    template: Template,
    due: str,
    params: Sequence[Any],
    campaign: Campaign,
    stage: Stage | None,
    by: User | None,
) -> BatchRequest | None:
    """Send the template to whoever is due and hasn't had it by itself before; None if that is nobody.

    `due` is SQL for the influencers' ids, with `params`. `by` asks for the batch; without a user, who had the template
    sent by itself does, or an owner of the program. Needs no transaction of the caller's, and is part of one that there is.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_INSERT.format(due=due), [template.pk, *params, template.pk])
            number = cursor.rowcount
        if not number:
            return None
        return _send(template, number, campaign, stage, by)


def _send(
    template: Template, number: int, campaign: Campaign, stage: Stage | None, by: User | None
) -> BatchRequest:
    fresh = AutomatedDelivery.objects.filter(template=template, batch_id=None)
    channel = template.channel
    if channel is None:  # `automated` leaves them out
        raise ValueError(f"{template} has no channel")
    provider = provider_class(channel)
    approved = template.approved if provider.takes_approved or not provider.installed else {}
    batch = batch_request(
        program=template.program,
        requester=by or template.automated_by or first_owner(template),
        kind=AutomatedSend,
        name=name_of(
            template.subject, template.body, template, shared_values(template.program, campaign, stage)
        ),
        campaign_name=campaign.name,
        rows=ledger_rows(
            Influencer.objects.filter(pk__in=fresh.values("influencer_id")), terms_of_template(template)
        ),
        listed=False,
        lane=Lane.EXPRESS if number <= settings.BATCH_THRESHOLD else Lane.BULK,
    )
    broadcast_create(
        batch,
        channel=channel,
        template=template,
        campaign=campaign,
        stage=stage,
        subject=template.subject,
        body=approved_body(approved) if approved else template.body,
        html=template.html,
        attachments=list(template.attachments.all()),
        exclude_past=template.exclude_past,
        approved=approved,
    )
    fresh.update(batch_id=batch.pk)
    return batch


def channel_check(template: Template) -> None:
    """Raises NotPossible while the channel's provider is not installed: what is due on a date is told then, not left waiting."""
    if template.channel is not None and not provider_class(template.channel).installed:
        raise NotPossible(provider_of(template.channel).problem())


def terms_of_template(template: Template) -> Terms:
    """Who of those due is skipped: without an address, opted out, and, unless it is switched off, who got it by hand."""
    if template.channel is None:
        raise ValueError(f"{template} has no channel")
    past = past_by_hand(template) if template.exclude_past else ()
    return Terms(provider_class(template.channel).reaches, past)


def first_owner(template: Template) -> User:
    """The program's first owner, on whose account things happen that nobody asks for."""
    owners = Membership.objects.filter(program=template.program, role=Role.OWNER).select_related("user")
    return (
        owners.order_by("pk").first() or Membership.objects.filter(program=template.program).order_by("pk")[0]
    ).user
