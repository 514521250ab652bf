"""A channel whose provider is not installed here: every page says so, nothing is sent, nothing is lost."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.states import BatchStatus
from campaigns.audience import Selection
from campaigns.models import Campaign, Influencer, Participant
from campaigns.services import participants_move
from messaging.automation.entries import entry_consequences
from messaging.automation.late import late_send, lates_of
from messaging.jobs import date_deliveries_due
from messaging.models import AutomatedDelivery, Broadcast, Channel, Chat, Template, Trigger
from messaging.services import ChannelInvalid, channel_check, channel_save, trial_send
from messaging.services.restarts import broadcast_restart
from messaging.states import Delivery, PausedBy
from tests.api.conftest import caller_of
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory, UserFactory
from tests.messaging.factories import QUIET, ChannelFactory, TemplateFactory, people, request_broadcast

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
WORDS = "provider is not installed here"


def remove_provider(channel: Channel) -> None:
    """As if the line of the channel's provider had gone from the settings."""
    Channel.objects.filter(pk=channel.pk).update(type="pigeon", settings={"loft": "Dover"})
    channel.refresh_from_db()


def bring_back(channel: Channel) -> None:
    """As if it stood there again, and the channel's next try had come."""
    Channel.objects.filter(pk=channel.pk).update(type="sandbox", next_try_at=timezone.now())
    channel.refresh_from_db()


@pytest.fixture
def owner(db: None) -> Membership:
    """An owner, in whose program it is UTC."""
    found: Membership = MembershipFactory.create(role=Role.OWNER, program__time_zone="UTC")
    return found


@pytest.fixture
def page(owner: Membership, client: Client) -> Callable[..., str]:
    """A function that opens a page of the program by its name and returns its text."""
    client.force_login(owner.user)

    def open_page(name: str, **where: Any) -> str:
        query = where.pop("query", {})
        found = client.get(reverse(name, kwargs={"program": owner.program.slug, **where}), query)
        assert found.status_code == 200, name
        return html.unescape(found.content.decode())

    return open_page


def channel_of(owner: Membership, **fields: Any) -> Channel:
    made: Channel = ChannelFactory.create(program=owner.program, **fields)
    return made


def dated(owner: Membership, channel: Channel, day: date) -> tuple[Template, list[int]]:
    """A template that is due on that day for two people."""
    campaign: Campaign = CampaignFactory.create(program=owner.program)
    found = people(owner, 2)
    stage = campaign.stages.get(position=1)
    for one in found:
        Participant.objects.create(campaign=campaign, influencer=one, stage=stage, dates={"event": str(day)})
    template: Template = TemplateFactory.create(
        program=owner.program, name="Reminder", campaign=campaign, channel=channel, delivery=Delivery.DATE,
        date_name="event", automated_since=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return template, sorted(one.pk for one in found)


def test_pages_say_so_and_stand(owner: Membership, page: Callable[..., str], send: Send) -> None:
    channel = channel_of(owner, name="Pigeon post")
    people(owner, 2)
    broadcast = request_broadcast(owner, channel)
    send(broadcast)
    template, _keys = dated(owner, channel, timezone.now().date())
    trigger = Trigger.objects.create(program=owner.program, name="T", channel=channel, subject="S", body="B")
    remove_provider(channel)
    chat = Chat.objects.filter(channel=channel).first()
    assert chat is not None
    pages: dict[str, dict[str, Any]] = {
        "channels": {},
        "channel": {"pk": channel.pk},
        "broadcast-new": {"query": {"channel": channel.pk, "body": "Hi"}},
        "broadcast": {"pk": broadcast.pk},
        "chat": {"pk": chat.pk},
        "template": {"pk": template.pk},
        "automation": {},
        "automation-template": {"pk": template.pk},
        "trigger": {"pk": trigger.pk},
    }
    for name, where in pages.items():
        assert WORDS in page(name, **where), name
    for name in ("broadcasts", "chats", "dashboard", "templates", "triggers"):
        page(name)


def test_its_settings_stay_as_they_are(owner: Membership, client: Client) -> None:
    channel = channel_of(owner)
    remove_provider(channel)
    client.force_login(owner.user)
    where = reverse("channel", kwargs={"program": owner.program.slug, "pk": channel.pk})
    shown = client.get(where).content.decode()
    assert "Dover" in shown
    assert "Not installed</span>" in shown
    assert 'name="rate"' not in shown
    answer = client.post(where, {"name": "Other", "connections": "4"}, follow=True)
    assert WORDS in answer.content.decode()
    channel.refresh_from_db()
    assert (channel.settings, channel.type) == ({"loft": "Dover"}, "pigeon")
    assert channel.name != "Other"


def test_nothing_new_is_requested_by_it(owner: Membership, send: Send) -> None:
    channel = channel_of(owner, settings={**QUIET, "refused": 100.0})
    people(owner, 2)
    failed = request_broadcast(owner, channel)
    send(failed)
    remove_provider(channel)
    failed = Broadcast.objects.with_all().get(pk=failed.pk)
    with pytest.raises(NotPossible, match=WORDS):
        request_broadcast(owner, channel)
    with pytest.raises(NotPossible, match=WORDS):
        broadcast_restart(broadcast=failed, by=owner.user)
    with pytest.raises(ChannelInvalid, match=WORDS):
        channel_check(channel=channel)
    with pytest.raises(ChannelInvalid, match=WORDS):
        trial_send(
            program=owner.program, by=owner.user, channel=channel, subject="S", body="B", influencer=None
        )


def test_what_was_requested_waits_and_goes_out_when_it_is_back(owner: Membership, send: Send) -> None:
    channel = channel_of(owner)
    people(owner, 3)
    broadcast = request_broadcast(owner, channel)
    remove_provider(channel)
    batch = send(broadcast, slices=2)
    channel.refresh_from_db()
    assert (batch.pending, batch.wait_reason) == (3, "channel_paused")
    assert channel.paused_by == PausedBy.FAULT
    assert WORDS in channel.pause_reason
    bring_back(channel)
    BatchRequest.objects.filter(pk=batch.pk).update(wake_at=None)
    batch = send(broadcast)
    assert (batch.succeeded, batch.status) == (3, BatchStatus.COMPLETED)
    channel.refresh_from_db()
    assert not channel.is_paused


def test_what_is_due_on_a_date_is_told_and_goes_out_when_it_is_back(
    owner: Membership, page: Callable[..., str], send: Send
) -> None:
    channel = channel_of(owner)
    evening = timezone.now().replace(hour=20)
    template, keys = dated(owner, channel, evening.date())
    remove_provider(channel)
    assert date_deliveries_due(now=evening) == 0
    template.watch.refresh_from_db()
    assert template.watch.problem == "This channel's provider is not installed here."
    assert "“Reminder” can't go out as it is: This channel's provider is not installed here</bdi>." in page(
        "automation"
    )
    bring_back(channel)
    assert date_deliveries_due(now=evening) == 1
    send(Broadcast.objects.get(template=template))
    sent = AutomatedDelivery.objects.filter(template=template).order_by("influencer")
    assert list(sent.values_list("influencer_id", flat=True)) == keys


def test_what_is_late_is_told_and_not_sent(
    owner: Membership, page: Callable[..., str], client: Client
) -> None:
    channel = channel_of(owner)
    template, _keys = dated(owner, channel, date(2026, 5, 5))
    date_deliveries_due(now=datetime(2026, 5, 4, 8, tzinfo=UTC))
    remove_provider(channel)
    now = datetime(2026, 5, 7, 8, tzinfo=UTC)
    assert "Reminder" in page("automation")
    where = reverse("automation-send-late", kwargs={"program": owner.program.slug, "pk": template.pk})
    assert WORDS in client.get(where, follow=True).content.decode()
    [late] = lates_of(owner.program, now)
    with pytest.raises(NotPossible, match=WORDS):
        late_send(template=template, by=owner.user, expected=late.people, now=now)
    assert [one.people for one in lates_of(owner.program, now)] == [2]


def test_a_move_goes_on_and_what_entering_sends_waits(owner: Membership, send: Send) -> None:
    campaign: Campaign = CampaignFactory.create(program=owner.program)
    first, second = campaign.stages.order_by("position")[:2]
    channel = channel_of(owner, reaches="sms")
    template: Template = TemplateFactory.create(
        program=owner.program, channel=channel, delivery=Delivery.STAGE, automated_since=timezone.now()
    )
    template.stages.add(second)
    [one] = people(owner, 1, msisdn="491512345678", email=None)
    Participant.objects.create(campaign=campaign, influencer=one, stage=first)
    remove_provider(channel)
    [told] = entry_consequences(stage=second, influencers=Influencer.objects.filter(pk=one.pk))
    assert told.endswith("They wait: this channel's provider is not installed here.")
    participants_move(selection=Selection(ids=(one.pk,)), to_stage=second, by=owner.user)
    broadcast = Broadcast.objects.get(template=template)
    batch = send(broadcast, slices=1)
    assert (batch.pending, batch.skipped) == (1, 0)
    assert batch.items.get().payload == {"to": "491512345678"}


def test_who_calls_for_it_is_asked_to_call_again(owner: Membership, client: Client) -> None:
    channel = channel_of(owner)
    remove_provider(channel)
    answer = client.post(f"/hooks/{channel.public_id}/", b"{}", content_type="application/json")
    assert (answer.status_code, WORDS in answer.content.decode()) == (503, True)


def test_a_saved_channel_knows_how_it_reaches_people(owner: Membership) -> None:
    options = {"account_sid": "AC" + "0" * 32, "auth_token": "x", "sender": "+15005550006"}
    channel = channel_save(program=owner.program, by=owner.user, name="SMS", type="twilio", options=options)
    assert Channel.objects.get(pk=channel.pk).reaches == "sms"


def test_commands_api_and_admin_say_so_too(owner: Membership, client: Client, capsys: Any) -> None:
    channel = channel_of(owner, name="Loft")
    everyone = [person.pk for person in people(owner, 1)]
    remove_provider(channel)
    call_command("channel", "list", program=owner.program.slug)
    assert "Loft  pigeon" in capsys.readouterr().out
    with pytest.raises(CommandError, match=WORDS):
        call_command("channel", "check", program=owner.program.slug, name="Loft")
    wanted = {"channel": "Loft", "subject": "Hi", "body": "Hi", "audience": {"ids": everyone}}
    answer = caller_of(owner).post("broadcasts", wanted)
    assert (answer.status_code, WORDS in answer.json()["detail"]) == (409, True)
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    shown = client.get(reverse("admin:messaging_channel_change", args=[channel.pk]))
    assert "pigeon" in shown.content.decode()
