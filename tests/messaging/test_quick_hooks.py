"""What providers' calls say in passing is kept as it is otherwise, and what is anything else goes the ordinary way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from messaging import quick_hooks
from messaging.models import Channel, Receipt
from messaging.quick_hooks import HOOKS, Taken
from messaging.reporters import REPORTERS
from tests.messaging.doubles.twilio import signed as signed_by_twilio
from tests.messaging.doubles.whatsapp import APP_SECRET, PHONE_NUMBER_ID, TOKEN, signed
from tests.messaging.factories import ChannelFactory

pytestmark = pytest.mark.django_db
STATUS = {"id": "wamid.1", "status": "delivered", "timestamp": "1750263773", "recipient_id": "1"}
MESSAGE = {
    "id": "wamid.2",
    "from": "16505551234",
    "timestamp": "1750263773",
    "type": "text",
    "text": {"body": "Hi"},
}


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment that lasts as long as a test may."""
    monkeypatch.setattr("messaging.reporters.REMEMBERED", 1_000.0)


@pytest.fixture
def channel() -> Channel:
    """A channel that was heard a moment ago."""
    made: Channel = ChannelFactory.create(
        type="whatsapp",
        settings={"phone_number_id": PHONE_NUMBER_ID},
        secrets={"access_token": TOKEN, "app_secret": APP_SECRET},
    )
    REPORTERS.read(made.public_id)
    return made


def body_of(**said: Any) -> bytes:
    value = {"metadata": {"phone_number_id": PHONE_NUMBER_ID}, **said}
    return json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()


NONE: Mapping[str, str] = {}
BODY = body_of(statuses=[STATUS])


def call(channel: Channel, body: bytes = BODY, query: str = "", headers: Mapping[str, str] = NONE) -> bytes:
    """A call as it comes over the wire."""
    path = reverse("hook", kwargs={"public_id": channel.public_id}) + query
    usual = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-Hub-Signature-256": signed(body),
    }
    lines = [f"{name}: {value}" for name, value in {**usual, **headers}.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + body


def told(channel: Channel, headers: Mapping[str, str] = NONE) -> Taken:
    found = HOOKS.taken(call(channel, headers=headers))
    assert found is not None
    return found


def test_a_call_with_receipts_is_kept_and_then_answered_as_views_answer(
    client: Client, channel: Channel
) -> None:
    path = reverse("hook", kwargs={"public_id": channel.public_id})
    ordinary = client.post(
        path,
        BODY,
        "application/json",
        headers={"X-Hub-Signature-256": signed(BODY), "X-Request-ID": "a-sound-id"},
    )
    Receipt.objects.all().delete()
    [answer] = HOOKS.kept([told(channel, {"X-Request-ID": "a-sound-id"})])
    head, _end, content = answer.partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert (head[:15], content) == (b"HTTP/1.1 200 OK", ordinary.content)
    assert {name: lines[name] for name in ordinary.headers} == dict(ordinary.headers)
    assert Receipt.objects.get().provider_id == "wamid.1"


def test_what_is_told_again_is_kept_once_also_within_one_statement(channel: Channel) -> None:
    for _time in range(2):
        assert len(HOOKS.kept([told(channel), told(channel)])) == 2
    assert Receipt.objects.count() == 1
    channel.refresh_from_db()
    assert channel.reported_at is not None


@pytest.mark.parametrize(
    "unusual",
    [
        {"X-Hub-Signature-256": signed(BODY, "another secret")},
        {"Content-Length": str(len(BODY) - 1)},
        {"Content-Length": str(len(BODY) + 1)},
        {"Content-Length": f"+{len(BODY)}"},
        {"content-length": str(len(BODY))},  # twice
        {"Transfer-Encoding": "chunked"},
        {"Expect": "100-continue"},
        {"Connection": "close"},
        {"Upgrade": "h2c"},
        {"X-Split": "a\rb"},
        {"X-Split": "a\nb"},
        {"X Space": "a"},
    ],
    ids=str,
)
def test_a_call_with_anything_unusual_is_not_taken(channel: Channel, unusual: dict[str, str]) -> None:
    told(channel)
    assert HOOKS.taken(call(channel, headers=unusual)) is None


@pytest.mark.parametrize(
    "body",
    [body_of(messages=[MESSAGE], statuses=[STATUS]), body_of(messages=[MESSAGE]), body_of(), b"{}", b""],
)
def test_a_call_with_more_or_less_than_receipts_is_not_taken(channel: Channel, body: bytes) -> None:
    assert HOOKS.taken(call(channel, body)) is None


def test_only_one_whole_call_to_a_channel_that_was_just_heard_is_taken(channel: Channel) -> None:
    whole = call(channel)
    assert HOOKS.taken(whole) is not None
    for other in (
        whole[:-1],
        whole + whole,
        whole.replace(b"POST", b"PUT", 1),
        whole.replace(b" HTTP/1.1", b" HTTP/1.0"),
    ):
        assert HOOKS.taken(other) is None
    assert HOOKS.taken(call(ChannelFactory.create())) is None


def test_who_has_to_come_by_tls_is_sent_the_ordinary_way(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_hooks._SECURITY, "redirect", True)
    assert HOOKS.taken(call(channel)) is None


def test_a_signed_form_with_its_query_is_taken_as_well() -> None:
    channel: Channel = ChannelFactory.create(
        type="twilio", settings={"account_sid": "AC1"}, secrets={"auth_token": "token"}
    )
    REPORTERS.read(channel.public_id)
    form, query = {"AccountSid": "AC1", "MessageSid": "SM1", "MessageStatus": "delivered"}, "?item=b1-2"
    address = settings.BASE_URL + reverse("hook", kwargs={"public_id": channel.public_id}) + query
    body = urlencode(form).encode()
    mark = signed_by_twilio(address, form, "token")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": mark}
    found = HOOKS.taken(call(channel, body, query, headers))
    assert found is not None
    HOOKS.kept([found])
    assert Receipt.objects.get(channel=channel).what == "delivered"
