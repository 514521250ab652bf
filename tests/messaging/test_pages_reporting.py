"""What the pages say of a channel's day, its reports and its trouble."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import Influencer
from messaging.breaker import channel_broke
from messaging.models import Broadcast, Channel, Chat, StrayMessage
from messaging.providers.reporting import hook_url, hook_word
from tests.factories import MembershipFactory
from tests.messaging.doubles.server import serving
from tests.messaging.doubles.whatsapp import APP_SECRET, PHONE_NUMBER_ID, TOKEN, CloudApi
from tests.messaging.factories import ChannelFactory, people, request_broadcast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def owner(client: Client) -> Membership:
    found: Membership = MembershipFactory.create(role=Role.OWNER)
    client.force_login(found.user)
    return found


@pytest.fixture
def channel(owner: Membership) -> Channel:
    made: Channel = ChannelFactory.create(
        program=owner.program,
        type="whatsapp",
        settings={"phone_number_id": PHONE_NUMBER_ID},
        secrets={"app_secret": APP_SECRET, "access_token": TOKEN},
        daily_limit=50_000,
    )
    return made


def page(client: Client, channel: Channel) -> str:
    address = reverse("channel", args=[channel.program.slug, channel.pk])
    return client.get(address).content.decode()


def form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "WhatsApp",
        "connections": 4,
        "phone_number_id": PHONE_NUMBER_ID,
        "access_token": TOKEN,
        "app_secret": APP_SECRET,
        "version": "v23.0",
        "base_url": "https://graph.facebook.com",
        **fields,
    }


def test_an_owner_sees_what_to_enter_at_the_provider(client: Client, channel: Channel) -> None:
    text = page(client, channel)
    assert hook_url(channel) in text
    assert hook_word(channel) in text
    assert TOKEN not in text
    assert APP_SECRET not in text


def test_others_do_not_see_it(client: Client, channel: Channel) -> None:
    client.force_login(MembershipFactory.create(program=channel.program, role=Role.MANAGER).user)
    text = page(client, channel)
    assert hook_url(channel) not in text
    assert hook_word(channel) not in text


def test_bad_signatures_and_strangers_are_shown(client: Client, channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).update(bad_signatures=3, bad_signature_at=timezone.now())
    StrayMessage.objects.create(
        channel=channel, provider_id="1", address="1650", name="<b>Sheena", body="Hello", at=timezone.now()
    )
    text = page(client, channel)
    assert "3 bad signatures" in text
    assert "1 message from somebody who is no influencer here" in text
    assert "&lt;b&gt;Sheena" in text


def test_the_day_is_shown_with_its_limit(client: Client, channel: Channel) -> None:
    text = " ".join(page(client, channel).split())
    assert "0 of 50,000" in text
    assert "until 00:00 UTC" in text


def test_wrong_credentials_are_said_when_the_channel_is_saved(client: Client, owner: Membership) -> None:
    url = reverse("channel-new", args=[owner.program.slug, "whatsapp"])
    with serving(CloudApi()) as address:
        wrong = client.post(url, form(base_url=address, access_token="wrong"), follow=True)
        right = client.post(url, form(base_url=address, name="Second"), follow=True)
    assert "access token has expired or is wrong" in wrong.content.decode()
    assert "Connected as Glow" in right.content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"base_url": "http://graph.facebook.com"}, "must begin with https"),
        ({"base_url": "file:///etc/passwd"}, "valid URL"),
        ({"version": "latest"}, "Such as v23.0"),
        ({"phone_number_id": "+49 151"}, "Digits only"),
        ({"daily_limit": "0"}, "At least 1."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: Client, owner: Membership, fields: dict[str, str], words: str
) -> None:
    url = reverse("channel-new", args=[owner.program.slug, "whatsapp"])
    response = client.post(url, form(**fields))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Channel.objects.exists()


def test_a_log_says_why_its_channel_paused_itself_and_when_it_tries_again(
    client: Client, owner: Membership
) -> None:
    people(owner, 1)
    broadcast = request_broadcast(owner)
    channel_broke(channel=broadcast.channel, reason="503", words="HTTP 503")
    later = timezone.now() + timedelta(minutes=3)
    BatchRequest.objects.filter(pk=broadcast.pk).update(
        status="processing", started_at=timezone.now(), wake_at=later, wait_reason="channel_paused"
    )
    address = reverse("broadcast", args=[owner.program.slug, broadcast.pk])
    text = client.get(address).content.decode()
    assert "Channel paused" in text
    assert "The provider is out of service: HTTP 503. Next try at" in text


def compose(channel: Channel, **fields: Any) -> dict[str, Any]:
    return {
        "composing": "yes",
        "action": "send",
        "to": "filter",
        "when": "now",
        "channel": channel.pk,
        "body": "",
        "key": "once",
        **fields,
    }


def test_compose_sends_an_approved_template_without_a_text(client: Client, channel: Channel) -> None:
    people(MembershipFactory.create(program=channel.program), 2, msisdn=None)
    Influencer.objects.filter(email="bea0@example.com").update(msisdn="4915100000001")
    url = reverse("broadcast-new", args=[channel.program.slug])
    fields = {
        "approved_name": "spring_box",
        "approved_language": "en",
        "approved_parameters": "{{ influencer.first_name }}\n",
    }
    assert client.post(url, compose(channel, **fields)).status_code == 302
    assert Broadcast.objects.get().approved == {
        "name": "spring_box",
        "language": "en",
        "parameters": ["{{ influencer.first_name }}"],
    }


def test_compose_says_at_its_field_what_is_wrong_with_a_template(client: Client, channel: Channel) -> None:
    url = reverse("broadcast-new", args=[channel.program.slug])
    answer = client.post(url, compose(channel, approved_name="Spring Box", approved_language="en"))
    assert answer.status_code == 422
    assert "small letters, digits and underscores" in answer.content.decode()
    assert not Broadcast.objects.exists()


def test_compose_says_how_many_are_too_silent_for_free_text(
    client: Client, owner: Membership, channel: Channel
) -> None:
    for number, person in enumerate(people(owner, 3)):
        Influencer.objects.filter(pk=person.pk).update(msisdn=f"491510000000{number}")
    Chat.objects.create(
        program=owner.program,
        channel=channel,
        influencer=person,
        last_inbound_at=timezone.now() - timedelta(hours=3),
    )
    url = reverse("broadcast-check", args=[owner.program.slug])
    text = client.post(url, compose(channel, body="Hi {{ influencer.first_name }}")).content.decode()
    assert "2: Silent for over 24 hours" in text
    assert "Send to 1" in text


@pytest.mark.parametrize(
    ("service", "key", "is_said"),
    [
        ("amazon_ses", "", False),
        ("postmark", "", True),
        ("sendgrid", "", True),
        ("sendgrid", "MFkw", False),
        ("mailgun", "key", False),
    ],
)
def test_where_only_the_address_tells_who_calls_an_owner_is_told_so(
    client: Client, owner: Membership, service: str, key: str, is_said: bool
) -> None:
    channel = ChannelFactory.create(
        program=owner.program, type="anymail", settings={"service": service}, secrets={"webhook_key": key}
    )
    words = "Whoever has it can report in its name"
    assert (words in page(client, channel)) is is_said
    client.force_login(MembershipFactory.create(program=owner.program, role=Role.MANAGER).user)
    assert words not in page(client, channel)
