"""What providers report, by the one way in: signed, kept once, in any order, and nothing lost."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.models import Influencer, OptOut
from messaging.identifiers import our_id
from messaging.models import Broadcast, Channel, Chat, Message, Receipt, StrayMessage
from messaging.providers.reporting import hook_word
from messaging.receipt_rhythm import receipts_new_apply
from messaging.webhooks import hook
from tests.messaging.doubles.whatsapp import APP_SECRET, PHONE_NUMBER_ID, TOKEN, signed
from tests.messaging.factories import ChannelFactory, people, request_broadcast

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
PAYLOADS = Path(__file__).parent / "payloads" / "whatsapp"
NUMBER = "16505551234"  # whom the documentation's examples are about


@pytest.fixture
def channel(member: Membership) -> Channel:
    made: Channel = ChannelFactory.create(
        program=member.program,
        type="whatsapp",
        settings={"phone_number_id": PHONE_NUMBER_ID},
        secrets={"access_token": TOKEN, "app_secret": APP_SECRET},
    )
    return made


@pytest.fixture
def person(member: Membership) -> Influencer:
    made: Influencer = people(member, 1, msisdn=NUMBER)[0]
    return made


@pytest.fixture
def broadcast(member: Membership, channel: Channel, person: Influencer) -> Broadcast:
    """One message that is out, as far as the books go."""
    approved = {"name": "spring_box", "language": "en", "parameters": []}
    made = request_broadcast(member, channel, approved=approved)
    chat = Chat.objects.create(program=channel.program, channel=channel, influencer=person)
    Message.objects.create(
        chat=chat, batch_id=made.pk, key=person.pk, status="sent", body="Hi", provider_id=wamid()
    )
    return made


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def wamid() -> str:
    return str(payload("status_sent")["entry"][0]["changes"][0]["value"]["statuses"][0]["id"])


def url(channel: Channel) -> str:
    return reverse("hook", kwargs={"public_id": channel.public_id})


def report(client: Client, channel: Channel, content: Any, signature: str | None = None) -> int:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {"X-Hub-Signature-256": signed(body) if signature is None else signature}
    answer = client.post(url(channel), body, content_type="application/json", headers=headers)
    receipts_new_apply()  # what a worker is called to
    return answer.status_code


def status_of(broadcast: Broadcast) -> str:
    return Message.objects.get(batch_id=broadcast.pk).status


def test_the_handshake_repeats_the_challenge_to_whoever_knows_the_word(
    client: Client, channel: Channel
) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": hook_word(channel)}
    assert client.get(url(channel), query).content == b"1158201444"


def test_the_handshake_with_another_word_is_refused_and_counted(client: Client, channel: Channel) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "guess"}
    answer = client.get(url(channel), query)
    channel.refresh_from_db()
    assert (answer.status_code, channel.bad_signatures) == (403, 1)
    assert b"1158201444" not in answer.content


@pytest.mark.parametrize("what", ["sent", "delivered", "read", "failed"])
def test_a_status_moves_its_message(
    client: Client, channel: Channel, broadcast: Broadcast, what: str
) -> None:
    assert report(client, channel, payload(f"status_{what}")) == 200
    channel.refresh_from_db()
    assert status_of(broadcast) == what
    assert channel.reported_at is not None


def test_a_failed_status_has_its_code_and_whatsapps_words(
    client: Client, channel: Channel, broadcast: Broadcast
) -> None:
    report(client, channel, payload("status_failed"))
    message = Message.objects.get(batch_id=broadcast.pk)
    assert message.reason == "131049"
    assert "healthy ecosystem" in message.detail


def test_a_status_finds_its_message_by_our_own_id_also_when_the_answer_was_lost(
    client: Client, channel: Channel, broadcast: Broadcast, person: Influencer
) -> None:
    Message.objects.filter(batch_id=broadcast.pk).update(status="unknown", provider_id="")
    content = payload("status_delivered")
    status = content["entry"][0]["changes"][0]["value"]["statuses"][0]
    status["biz_opaque_callback_data"] = our_id(broadcast.pk, person.pk)
    report(client, channel, content)
    assert status_of(broadcast) == "delivered"


def test_a_replay_changes_nothing(client: Client, channel: Channel, broadcast: Broadcast) -> None:
    for _time in range(3):
        assert report(client, channel, payload("status_read")) == 200
        assert report(client, channel, payload("status_delivered")) == 200
        assert report(client, channel, payload("message_text")) == 200
    broadcast.refresh_from_db()
    assert (broadcast.delivered, broadcast.read, Receipt.objects.count()) == (1, 1, 2)
    assert Message.objects.filter(direction="in").count() == 1


def test_a_status_that_is_quicker_than_its_message_waits_for_it(
    client: Client, channel: Channel, person: Influencer
) -> None:
    assert report(client, channel, payload("status_delivered")) == 200
    chat = Chat.objects.create(program=channel.program, channel=channel, influencer=person)
    message = Message.objects.create(chat=chat, status="sent", body="Hi", provider_id=wamid())
    receipts_new_apply()
    message.refresh_from_db()
    assert message.status == "delivered"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("message_text", "Does it come in another color?"),
        ("message_interactive", "Priority Mail Express"),
        ("message_image", "[image] Taj Mahal"),
        ("message_unsupported", "[unsupported]"),
    ],
)
def test_what_a_person_writes_is_in_their_chat_and_opens_the_window(
    client: Client, channel: Channel, person: Influencer, name: str, text: str
) -> None:
    report(client, channel, payload(name))
    chat = Chat.objects.get(influencer=person, channel=channel)
    message = chat.messages.get()
    assert (message.direction, message.status, message.body) == ("in", "received", text)
    assert chat.last_inbound_at == message.queued_at


@pytest.mark.parametrize("text", ["STOP", " stop. ", "Abmelden"])
def test_stop_opts_out_on_the_persons_own_word(
    client: Client, channel: Channel, person: Influencer, text: str
) -> None:
    content = payload("message_text")
    content["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] = text
    report(client, channel, content)
    opt_out = OptOut.objects.get(influencer=person)
    assert (opt_out.channel_type, opt_out.by_person) == ("whatsapp", True)


@pytest.mark.parametrize("name", ["message_button", "user_preferences"])
def test_a_stop_button_and_whatsapps_own_setting_count_as_stop(
    client: Client, channel: Channel, person: Influencer, name: str
) -> None:
    assert report(client, channel, payload(name)) == 200
    assert OptOut.objects.filter(influencer=person, channel_type="whatsapp", by_person=True).exists()


def test_start_takes_the_stop_back_and_a_replayed_stop_does_not_return(
    client: Client, channel: Channel, person: Influencer
) -> None:
    stop, start = payload("message_text"), payload("message_text")
    said = [content["entry"][0]["changes"][0]["value"]["messages"][0] for content in (stop, start)]
    said[0]["text"]["body"], said[1]["text"]["body"] = "STOP", "START"
    said[1].update(id="wamid.later", timestamp="1749416999")
    for content in (stop, start, stop):
        report(client, channel, content)
    assert not OptOut.objects.filter(influencer=person).exists()


def test_a_strangers_message_is_kept_apart_once(client: Client, channel: Channel) -> None:
    for _time in range(2):
        assert report(client, channel, payload("message_text")) == 200
    stray = StrayMessage.objects.get()
    assert (stray.address, stray.name) == (NUMBER, "Sheena Nelson")


def test_people_of_another_program_are_strangers(
    client: Client, channel: Channel, person: Influencer
) -> None:
    other: Channel = ChannelFactory.create(
        type="whatsapp", settings=channel.settings, secrets={"app_secret": APP_SECRET}
    )
    report(client, other, payload("message_text"))
    assert not Chat.objects.exists()
    assert StrayMessage.objects.get().channel == other


def test_what_is_about_other_numbers_or_of_no_concern_is_left_alone(client: Client, channel: Channel) -> None:
    content = payload("message_text")
    content["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "999"
    assert report(client, channel, content) == 200
    assert report(client, channel, payload("account_update")) == 200
    assert not StrayMessage.objects.exists()


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "sha256=ä"])
def test_a_wrong_signature_is_refused_counted_and_shown(
    client: Client, channel: Channel, broadcast: Broadcast, signature: str
) -> None:
    assert report(client, channel, payload("status_read"), signature) == 403
    channel.refresh_from_db()
    assert (channel.bad_signatures, status_of(broadcast)) == (1, "sent")


def test_a_signature_made_with_an_empty_secret_is_never_right(client: Client, channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).update(secrets={})
    body = json.dumps(payload("status_read")).encode()
    assert report(client, channel, body, signed(body, "")) == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b'{"entry": 1}',
        b'{"entry": [{"changes": [{"value": []}]}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(payload("status_sent")).replace('"1750030073"', '"soon"').encode(),
        json.dumps(payload("status_sent")).replace('"1750030073"', '"99999999999999999"').encode(),
    ],
    ids=range(9),
)
def test_what_cannot_be_read_is_refused_and_does_nothing(
    client: Client, channel: Channel, body: bytes
) -> None:
    assert report(client, channel, body) == 400
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("unkept", ["\x00", "\ud83d"], ids=["a NUL", "half an emoji"])
def test_what_no_database_keeps_is_left_out_not_stumbled_over(
    client: Client, channel: Channel, person: Influencer, unkept: str
) -> None:
    content = payload("message_text")
    content["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] = f"a{unkept}b"
    assert report(client, channel, content) == 200
    assert Message.objects.get(direction="in").body == "ab"


def test_a_report_of_over_a_megabyte_is_refused_before_it_is_read(live_server: Any, channel: Channel) -> None:
    address = urlsplit(live_server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.putrequest("POST", url(channel))
    connection.putheader("Content-Length", str(50 * 1024 * 1024))
    connection.putheader("Content-Type", "application/json")
    connection.endheaders()  # and not a byte of the body
    assert connection.getresponse().status == 413
    connection.close()


def in_chunks(channel: Channel, stream: Any, **environment: Any) -> HttpResponse:
    """The answer to a report whose length nobody knows, as a server hands it on that marks its end."""
    request = RequestFactory().generic(
        "POST", url(channel), content_type="application/json", HTTP_TRANSFER_ENCODING="chunked", **environment
    )
    request.META.pop("CONTENT_LENGTH", None)
    request.META.update({"wsgi.input": stream, "wsgi.input_terminated": True})
    return hook(request, channel.public_id)


def test_a_report_in_chunks_is_kept_like_any_other(channel: Channel, person: Influencer) -> None:
    raw = json.dumps(payload("message_text")).encode()
    assert in_chunks(channel, BytesIO(raw), HTTP_X_HUB_SIGNATURE_256=signed(raw)).status_code == 200
    assert Message.objects.get(direction="in").chat.influencer == person


def test_of_a_report_in_chunks_no_more_is_read_than_a_report_may_have(channel: Channel) -> None:
    stream = BytesIO(b"x" * 5 * 1024 * 1024)
    assert in_chunks(channel, stream).status_code == 413
    assert stream.tell() <= 1024 * 1024 + 1


def test_nobody_else_has_an_address(client: Client, channel: Channel) -> None:
    sandbox = ChannelFactory.create(program=channel.program)
    assert client.post(url(sandbox)).status_code == 404
    assert client.post("/hooks/00000000-0000-4000-8000-000000000000/").status_code == 404
    assert client.put(url(channel)).status_code == 405


def test_many_statuses_in_one_report_take_few_queries(
    client: Client, channel: Channel, broadcast: Broadcast, django_assert_max_num_queries: Any
) -> None:
    content = payload("status_delivered")
    value = content["entry"][0]["changes"][0]["value"]
    value["statuses"] = [{**value["statuses"][0], "id": f"wamid.{number}"} for number in range(999)]
    value["statuses"].append(payload("status_delivered")["entry"][0]["changes"][0]["value"]["statuses"][0])
    with django_assert_max_num_queries(18):
        assert report(client, channel, content) == 200
    assert (Receipt.objects.count(), status_of(broadcast)) == (1000, "delivered")
