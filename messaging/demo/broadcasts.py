"""Broadcasts of the demo: they really run through the engine, with receipts, and are then dated back."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from batchadmin.accounts.models import Membership, Program, User
from batchadmin.accounts.states import NotifyWhen, Role
from batches.refusals import NotPossible
from batches.services import batch_stop
from batches.waiting import wait_until_ended
from campaigns.models import Campaign, Influencer
from messaging.models import Broadcast, Channel, SimulatedReceipt, Template
from messaging.receipts import simulated_receipts_due
from messaging.services import broadcast_request

from .answers import answers_made


def broadcasts_made(program: Program) -> list[Broadcast]:
    """Three finished broadcasts and a stopped one, as of the last weeks."""
    manager = Membership.objects.filter(program=program, role=Role.MANAGER).select_related("user").first()
    by = manager.user if manager else Membership.objects.filter(program=program)[0].user
    made = [
        sent(program, by, "Spring gifting", "Invitation", "Invited", days_ago=12),
        sent(program, by, "Spring gifting", "Posting instructions", "Confirmed", days_ago=4),
        sent(program, by, "Summer launch", "Invitation", "Accepted", days_ago=2),
        stopped(program, by),
    ]
    answers_made(program)
    User.objects.filter(memberships__program=program).update(notify_when=NotifyWhen.ALWAYS)
    return made


def sent(
    program: Program, by: User, campaign_name: str, template_name: str, stage_name: str, days_ago: int
) -> Broadcast:
    """A template's broadcast to a stage, sent and reported `days_ago`."""
    campaign = Campaign.objects.get(program=program, name=campaign_name)
    stage = campaign.stages.get(name=stage_name)
    template = Template.objects.get(program=program, name=template_name)
    broadcast = broadcast_request(
        program=program,
        by=by,
        channel=Channel.objects.get(program=program, name="Sandbox"),
        subject=template.subject,
        body=template.body,
        template=template,
        audience=Influencer.objects.filter(participations__stage=stage),
        campaign=campaign,
        stage=stage,
        exclude_past=False,
    )
    wait_until_ended(broadcast.batch)
    date_back(broadcast, timedelta(days=days_ago))
    report(broadcast)
    return broadcast


def stopped(program: Program, by: User) -> Broadcast:
    """A broadcast that somebody stopped soon after it began."""
    channel = Channel.objects.get(program=program, name="Sandbox, 80 a second")
    broadcast = broadcast_request(
        program=program,
        by=by,
        channel=channel,
        subject="A surprise for {{ influencer.first_name }}",
        body="Hi {{ influencer.first_name }},\n\nthere is something new. Look at your feed tomorrow.\n\nGlow\n",
        audience=Influencer.objects.filter(program=program, tags__contains=["vip"]),
    )
    wait_until_ended(broadcast.batch, timeout=0.5)
    with suppress(NotPossible):  # a small demo's is through by now
        batch_stop(batch=broadcast.batch, by=by)
    wait_until_ended(broadcast.batch)
    date_back(broadcast, timedelta(hours=20))
    report(broadcast)
    return broadcast


def report(broadcast: Broadcast) -> None:
    """Let everything that the sandbox knows of this broadcast be reported now."""
    mine = SimulatedReceipt.objects.filter(provider_id__startswith=f"b{broadcast.pk}-")
    mine.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())
    simulated_receipts_due()
    broadcast.refresh_from_db()


def date_back(broadcast: Broadcast, ago: timedelta) -> None:
    """Move a finished broadcast into the past, with all that belongs to it."""
    moments = {
        "batches_batchrequest": ("id", ["requested_at", "started_at", "finished_at", "progress_at"]),
        "batches_batchevent": ("batch_id", ["at"]),
        "batches_notice": ("batch_id", ["created_at"]),
        "messaging_message": ("batch_id", ["queued_at", "sent_at", "failed_at"]),
    }
    seconds = ago.total_seconds()
    with connection.cursor() as cursor:
        for table, (column, names) in moments.items():
            sets = ", ".join(f"{name} = {name} - make_interval(secs => %s)" for name in names)
            cursor.execute(
                f"UPDATE {table} SET {sets} WHERE {column} = %s", [*([seconds] * len(names)), broadcast.pk]
            )
        cursor.execute(
            "UPDATE messaging_simulatedreceipt SET due_at = due_at - make_interval(secs => %s) WHERE provider_id LIKE %s",
            [seconds, f"b{broadcast.pk}-%"],
        )
