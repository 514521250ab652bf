"""A program in which something of everything is there: running, ended, stopped, refused; with names as people have them."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from batches.engine.slices import serve
from batches.engine.worker import current_worker, leave
from batches.models import BatchItem, BatchRequest, Notice, WebhookDelivery
from batches.services import batch_stop
from batches.states import ItemStatus, Lane
from batches.webhook_models import all_ends
from batches.webhooks.announcing import ping_announce
from batches.webhooks.endpoints import webhook_add
from campaigns.audience import Selection
from campaigns.models import Campaign, Influencer, Subscription
from campaigns.services import (
    campaign_create,
    import_check,
    import_prepare,
    import_start,
    import_upload,
    opt_out_set,
    stage_move_request,
)
from campaigns.states import ChannelType
from campaigns.workflow import Mover, add
from messaging.jobs import date_deliveries_due
from messaging.models import Broadcast, Channel, Chat, Template
from messaging.news import Heard
from messaging.receipts import simulated_receipts_due
from messaging.services.inbound import messages_receive
from messaging.states import Delivery
from messaging.triggers.asked import LaunchAsked
from messaging.triggers.services.launches import launch_request
from messaging.unsubscribing import Link, link_token
from tests.batches.factories import NoticeFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import QUIET, ChannelFactory, TemplateFactory, request_broadcast
from tests.messaging.triggers.factories import trigger_of

NAMES = (
    ("Zoë", "Müller"),
    ("نور الهدى", "عبد الرحمن"),
    ("李", "小龍"),
    ("Bea 🌸", "Lund"),
    ("Wolfeschlegelsteinhausenbergerdorff", "Featherstonehaugh-the-Younger-of-the-Upper-Valleys"),
    ("O'Brian", "<b>Bold</b>"),
)
FILE = "Username;First name;E-mail;Followers;Shoe size\n@ana;Ana;ana@x.example;3.3k;39\n@bo;Bo;bo@@x.example;NaN;40\n"
LONGEST = 120.0


@dataclass
class Site:
    """A program, who looks at it, and the rows that the addresses of its pages name."""

    member: Membership
    rows: dict[str, list[int | str]] = field(default_factory=dict)

    def address(self, name: str, *rest: Any) -> str:
        """The address of a page of the program."""
        return reverse(name, args=[self.member.program.slug, *rest])


def site_fill(site: Site) -> None:
    """Make something of everything."""
    people = influencers_make(site)
    campaign = campaign_fill(site, people)
    channels_make(site)
    broadcasts_make(site, campaign)
    automation_make(site, campaign, people)
    triggers_make(site)
    imports_make(site)
    settings_make(site, people)


def influencers_make(site: Site) -> list[int]:
    """Sixty people, so that there is a second page."""
    program = site.member.program
    made = Influencer.objects.bulk_create(
        Influencer(
            program=program,
            first_name=NAMES[number % len(NAMES)][0],
            last_name=NAMES[number % len(NAMES)][1],
            email=f"person{number}@example.com" if number % 7 else None,
            msisdn=f"49151{number:07}" if number % 5 else None,
            handles={"instagram": f"person.with.a.long.handle.{number}"},
            tags=["vip", "a tag with words"],
            attributes={"country": "DE", "followers": 3_300 * number, "size": "M"},
        )
        for number in range(60)
    )
    opt_out_set(influencer=made[1], channel_type=ChannelType.EMAIL, reason="replied STOP", by_person=True)
    site.rows["influencer"] = [made[1].pk, made[4].pk]
    further = Subscription.objects.create(
        program=program, influencer=made[4], kind="email", address="second@example.com"
    )
    site.rows["subscription"] = [further.pk]
    site.rows["chatty"] = [made[4].pk]
    return [one.pk for one in made]


def campaign_fill(site: Site, people: list[int]) -> Campaign:
    """A campaign with people at its first stage, and a stage that is being filled."""
    owner = site.member
    campaign = campaign_create(program=owner.program, name="Spring gifting 🌸 نور", by=owner.user)
    stages = {stage.name: stage for stage in campaign.stages.select_related("campaign__program")}
    with transaction.atomic():
        add(to_stage=stages["Invited"], influencer_ids=people, by=Mover.of(owner.user))
    some = Selection(ids=tuple(people[:20]))
    work(stage_move_request(selection=some, to_stage=stages["Accepted"], by=owner.user))
    ended = BatchRequest.objects.get()
    stage_move_request(
        selection=Selection(ids=tuple(people[20:40])), to_stage=stages["Confirmed"], by=owner.user
    )
    site.rows["batch"] = [ended.pk, BatchRequest.objects.latest("pk").pk]
    site.rows["campaign"] = [campaign.pk]
    site.rows["stage"] = [stages["Accepted"].pk, stages["Confirmed"].pk]
    return campaign


def channels_make(site: Site) -> None:
    """A channel with a limit, one that has paused itself, and one whose provider reports."""
    program = site.member.program
    ChannelFactory.create(
        program=program,
        name="Sandbox",
        rate=80.0,
        daily_limit=50_000,
        settings={**QUIET, "delivered": 100.0, "read": 50.0},
    )
    ChannelFactory.create(program=program, name="Refuses all", settings={**QUIET, "refused": 100.0})
    ChannelFactory.create(
        program=program,
        name="Paused itself",
        status="paused",
        paused_by="breaker",
        pause_reason="12 faults in a row (503)",
        faults=12,
    )
    ChannelFactory.create(
        program=program,
        name="WhatsApp EU",
        type="whatsapp",
        settings={"phone_number_id": "1", "account_id": "2"},
    )
    site.rows["channel"] = list(
        Channel.objects.filter(program=program).order_by("pk").values_list("pk", flat=True)
    )


def broadcasts_make(site: Site, campaign: Campaign) -> None:
    """Broadcasts that succeeded, failed, were stopped, and run; with an outcome that nobody knows."""
    member = site.member
    by_name = {channel.name: channel for channel in Channel.objects.filter(program=member.program)}
    good = request_broadcast(
        member, by_name["Sandbox"], subject="Your box 📦 for {{ influencer.first_name }}", campaign=campaign
    )
    work(good.batch)
    simulated_receipts_due()
    outcome_lose(good.batch)
    failed = request_broadcast(
        member, by_name["Refuses all"], subject="May news, مرحبا, with a long subject that goes on"
    )
    work(failed.batch)
    stopped = request_broadcast(member, by_name["Sandbox"], subject="Stopped at once")
    batch_stop(batch=stopped.batch, by=member.user)
    work(stopped.batch)
    running = request_broadcast(member, by_name["Sandbox"], subject="Runs")
    held = request_broadcast(member, by_name["Paused itself"], subject="Waits for its channel")
    later = timezone.now() + timedelta(days=1)
    planned = request_broadcast(member, by_name["Sandbox"], subject="Tomorrow", scheduled_for=later)
    site.rows["broadcast"] = [one.pk for one in (good, failed, stopped, running, held)]
    site.rows["planned"] = [planned.pk]
    chats_make(site)


def chats_make(site: Site) -> None:
    """Answers to what was sent."""
    chats = Chat.objects.filter(program=site.member.program).select_related("influencer", "channel")
    for chat in chats.order_by("pk")[:5]:
        heard = Heard(f"in-{chat.pk}", chat.influencer.email or "", "Thank you 📦 متى؟", chat.last_message_at)
        messages_receive(channel=chat.channel, heard=[heard])
    site.rows["chat"] = [chats.order_by("pk")[0].pk]


def automation_make(site: Site, campaign: Campaign, people: list[int]) -> None:
    """Templates by hand, and one that went out by itself."""
    program = site.member.program
    TemplateFactory.create(program=program, name="Invitation 🎁", html="<p>Hi</p>")
    welcome: Template = TemplateFactory.create(
        program=program,
        name="Welcome",
        delivery=Delivery.STAGE,
        channel=Channel.objects.get(program=program, name="Sandbox"),
    )
    other = campaign_create(program=program, name="Summer", by=site.member.user)
    stage = other.stages.order_by("position")[0]
    welcome.stages.add(stage)
    with transaction.atomic():
        add(to_stage=stage, influencer_ids=people[:9], by=Mover.of(site.member.user))
    work(Broadcast.objects.latest("pk").batch)
    site.rows["template"] = [welcome.pk, Template.objects.get(program=program, name="Invitation 🎁").pk]
    site.rows["automated"] = [welcome.pk]
    missed_make(site, other)


def missed_make(site: Site, campaign: Campaign) -> None:
    """A template that was due two days ago, when nothing ran."""
    today = timezone.now()
    reminder: Template = TemplateFactory.create(
        program=site.member.program,
        name="Reminder",
        campaign=campaign,
        delivery=Delivery.DATE,
        channel=Channel.objects.get(program=site.member.program, name="Sandbox"),
        on_date=today.date() - timedelta(days=3),
        automated_since=today - timedelta(days=9),
    )
    date_deliveries_due(today - timedelta(days=6))
    site.rows["late"] = [reminder.pk]


def triggers_make(site: Site) -> None:
    """A trigger that was launched, with somebody found and somebody not, and one that is off."""
    member = site.member
    channel = Channel.objects.get(program=member.program, name="Sandbox")
    trigger = trigger_of(member, name="Order sent", channel=channel)
    off = trigger_of(member, name="Not active", channel=channel, is_active=False)
    token, _text = token_create(program=member.program, role=Role.MANAGER, name="Shop 🛒", by=member.user)
    asked = (
        {"email": "person1@example.com"},
        {"email": "person2@example.com"},
        {"email": "nobody@example.com"},
    )
    launch = launch_request(token=token, by=member.user, asked=LaunchAsked(trigger.pk, asked))
    assert launch.batch is not None
    work(launch.batch)
    site.rows["trigger"] = [trigger.pk, off.pk]
    site.rows["launch"] = [launch.pk]
    site.rows["token"] = [token.pk]


def imports_make(site: Site) -> None:
    """An upload, one that was checked, one that ran and rejected a row, and one that waits for its turn."""
    made = []
    for _ in range(4):
        file = io.BytesIO(FILE.encode("utf-8-sig"))
        made.append(
            import_upload(program=site.member.program, by=site.member.user, file=file, name="مايو may 🌸.csv")
        )
    for one in made[1:]:
        import_prepare(imported=one)
        import_check(imported=one)
    import_start(imported=made[2], by=site.member.user)
    for bulk in made[2].bulks.select_related("batch"):
        assert bulk.batch is not None
        work(bulk.batch)
    import_start(imported=made[3], by=site.member.user)
    site.rows["import"] = [made[0].pk, made[2].pk]
    site.rows["importing"] = [made[3].pk]
    site.rows["checked"] = [made[1].pk]


def settings_make(site: Site, people: list[int]) -> None:
    """Members, a token, a webhook that was told something, notices."""
    member = site.member
    viewer = MembershipFactory.create(
        program=member.program, role=Role.VIEWER, user__full_name="Victor 👀 نور"
    )
    webhook = webhook_add(
        program=member.program, by=member.user, url="http://127.0.0.1:9/told", events=all_ends()
    )
    ping_announce(webhook=webhook)
    for batch in BatchRequest.objects.filter(program=member.program, listed=True)[:3]:
        if not Notice.objects.filter(batch=batch, user=member.user).exists():
            NoticeFactory.create(batch=batch, user=member.user)
    site.rows["member"] = [viewer.pk]
    site.rows["webhook"] = [webhook.pk]
    site.rows["delivery"] = [WebhookDelivery.objects.filter(webhook=webhook)[0].pk]
    site.rows["unsubscribe"] = [link_token(Link(people[0], ChannelType.EMAIL, 1))]


def outcome_lose(batch: BatchRequest) -> None:
    """Let one of those who got it be one of whom nobody knows."""
    item = BatchItem.objects.filter(batch=batch, status=ItemStatus.SUCCEEDED).first()
    assert item is not None
    BatchItem.objects.filter(batch=batch, key=item.key).update(status=ItemStatus.UNKNOWN, reason="unknown")
    batch.refresh_from_db()
    BatchRequest.objects.filter(pk=batch.pk).update(succeeded=batch.succeeded - 1, unknown=batch.unknown + 1)


def work(batch: BatchRequest) -> None:
    """Do the work of a batch in this process until it has ended."""
    ends = time.monotonic() + LONGEST
    batch.refresh_from_db()
    try:
        while batch.is_live:
            assert time.monotonic() < ends, f"{batch} did not end: {batch.status}, {batch.last_error}"
            if not serve(list(Lane), current_worker(), only=batch.pk):
                time.sleep(0.05)
            batch.refresh_from_db()
    finally:
        leave()
