"""SMS by Twilio over real sockets: what goes out, what answers mean, and its signed callbacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.kinds import Verdict
from batches.models import BatchRequest
from batches.reasons import Policy
from campaigns.models import Influencer, OptOut
from messaging.identifiers import our_id
from messaging.models import Broadcast, Channel, Chat, Message, StrayMessage
from messaging.phone_reasons import TWILIO
from messaging.providers.base import ProviderFault
from messaging.providers.http_calls import Reply
from messaging.providers.reporting import hook_url
from messaging.providers.twilio_status import VERDICTS, answer_of
from messaging.receipt_rhythm import receipts_new_apply
from messaging.services import ChannelInvalid, channel_check
from tests.messaging.doubles.server import DROP, Answer, serving
from tests.messaging.doubles.twilio import ACCOUNT, TOKEN, TwilioApi, failure, signed
from tests.messaging.factories import ChannelFactory, people, request_broadcast

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
PAYLOADS = Path(__file__).parent / "payloads" / "twilio"
FORM = "application/x-www-form-urlencoded"
NUMBER = "15558675310"  # whom the documentation's examples are about


@pytest.fixture
def api() -> TwilioApi:
    return TwilioApi()


@pytest.fixture
def channel(member: Membership, api: TwilioApi) -> Iterator[Channel]:
    with serving(api) as address:
        yield ChannelFactory.create(
            program=member.program,
            type="twilio",
            settings={"account_sid": ACCOUNT, "sender": "+15017122661", "base_url": address},
            secrets={"auth_token": TOKEN},
            connections=2,
        )


@pytest.fixture
def person(member: Membership) -> Influencer:
    made: Influencer = people(member, 1, msisdn=NUMBER)[0]
    return made


def payload(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def call_back(
    client: Client, channel: Channel, form: dict[str, str], query: str = "", token: str = TOKEN
) -> Any:
    path = reverse("hook", kwargs={"public_id": channel.public_id}) + query
    headers = {"X-Twilio-Signature": signed(settings.BASE_URL + path, form, token)}
    answer = client.generic("POST", path, urlencode(form), FORM, headers=headers)
    receipts_new_apply()  # what a worker is called to
    return answer


def sent(channel: Channel, person: Influencer) -> Broadcast:
    made = request_broadcast_of(channel)
    chat = Chat.objects.create(program=channel.program, channel=channel, influencer=person)
    Message.objects.create(
        chat=chat, batch_id=made.pk, key=person.pk, status="sent", body="Hi",
        provider_id=payload("status_sent")["MessageSid"],
    )  # fmt: skip
    return made


def request_broadcast_of(channel: Channel) -> Broadcast:
    member = Membership.objects.get(program=channel.program)
    return request_broadcast(member, channel)


def test_a_message_goes_out_with_the_address_for_its_own_status(
    channel: Channel, person: Influencer, api: TwilioApi, send: Send
) -> None:
    batch = send(request_broadcast_of(channel))
    assert (batch.status, batch.succeeded) == ("completed", 1)
    assert api.messages == [
        {
            "To": f"+{NUMBER}",
            "From": "+15017122661",
            "Body": f"Hi {person.first_name}",
            "StatusCallback": f"{hook_url(channel)}?message={our_id(batch.pk, person.pk)}",
        }
    ]
    assert Message.objects.get(batch_id=batch.pk).provider_id.startswith("SM")


def test_a_messaging_service_sends_instead_of_a_number(
    channel: Channel, person: Influencer, api: TwilioApi, send: Send
) -> None:
    channel.settings["sender"] = "MG" + "0" * 32
    channel.save()
    send(request_broadcast_of(channel))
    assert api.messages[0]["MessagingServiceSid"] == "MG" + "0" * 32
    assert "From" not in api.messages[0]


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (failure(400, 21211, "Invalid 'To' Phone Number"), "failed", "21211"),
        (failure(400, 21610, "Attempt to send to unsubscribed recipient"), "failed", "21610"),
        (failure(400, 99999, "Something new"), "failed", "other"),
        (Answer(502, "<html>Bad Gateway</html>"), "unknown", "unknown"),
        (Answer(500, {"code": 20500, "message": "Internal Server Error"}), "unknown", "unknown"),
        (DROP, "unknown", "unknown"),
        (Answer(201, {}), "unknown", "unknown"),
    ],
)
def test_each_answer_ends_the_message_as_it_should(
    channel: Channel, person: Influencer, api: TwilioApi, send: Send, answer: Answer, status: str, reason: str
) -> None:
    api.on_message = lambda message: answer
    batch = send(request_broadcast_of(channel))
    item = batch.items.get()
    assert (item.status, item.reason) == (status, reason)


def test_being_too_fast_costs_nobody_an_attempt(
    channel: Channel, person: Influencer, api: TwilioApi, send: Send
) -> None:
    early = iter([failure(429, 20429, "Too Many Requests")])
    api.on_message = lambda message: next(early, None)
    batch = send(request_broadcast_of(channel))
    assert (batch.succeeded, batch.items.get().attempts) == (1, 1)


def test_a_refused_log_in_pauses_the_channel_and_fails_nobody(
    channel: Channel, person: Influencer, send: Send
) -> None:
    channel.secrets = {"auth_token": "wrong"}
    channel.save()
    batch = send(request_broadcast_of(channel), slices=2)
    channel.refresh_from_db()
    assert (batch.pending, batch.failed, channel.paused_by) == (1, 0, "fault")
    assert "Twilio doesn't accept our log-in" in channel.pause_reason


def test_a_check_says_who_we_are(channel: Channel) -> None:
    assert channel_check(channel=channel) == "Connected as Glow; sends from +15017122661."


def test_a_check_says_what_is_wrong(channel: Channel, api: TwilioApi) -> None:
    api.status = "suspended"
    with pytest.raises(ChannelInvalid, match="account is not active"):
        channel_check(channel=channel)
    channel.secrets = {"auth_token": "wrong"}
    with pytest.raises(ChannelInvalid, match="doesn't accept our log-in"):
        channel_check(channel=channel)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("status_queued", "sent"),
        ("status_sent", "sent"),
        ("status_delivered", "delivered"),
        ("status_undelivered", "failed"),
        ("status_failed", "failed"),
    ],
)
def test_a_callback_moves_its_message(
    client: Client, channel: Channel, person: Influencer, name: str, status: str
) -> None:
    made = sent(channel, person)
    answer = call_back(client, channel, payload(name))
    assert (answer.status_code, answer.content) == (200, b"<Response/>")
    message = Message.objects.get(batch_id=made.pk)
    assert (message.status, message.reason) == (status, "30006" if status == "failed" else "")


def test_a_callback_finds_its_message_by_our_own_id_also_when_the_answer_was_lost(
    client: Client, channel: Channel, person: Influencer
) -> None:
    made = sent(channel, person)
    Message.objects.update(provider_id="", status="unknown")
    call_back(client, channel, payload("status_delivered"), f"?message={our_id(made.pk, person.pk)}")
    assert Message.objects.get().status == "delivered"


def test_a_reply_is_in_the_chat_once_and_stop_opts_out(
    client: Client, channel: Channel, person: Influencer
) -> None:
    for _time in range(2):
        call_back(client, channel, payload("message"))
    assert Message.objects.get().body == "Ahoy! Where is my box? ✨"
    call_back(client, channel, {**payload("message"), "MessageSid": "SM4", "Body": "Stop"})
    opt_out = OptOut.objects.get(influencer=person)
    assert (opt_out.channel_type, opt_out.by_person) == ("sms", True)


def test_a_stranger_is_kept_apart(client: Client, channel: Channel) -> None:
    call_back(client, channel, payload("message"))
    assert StrayMessage.objects.get().address == NUMBER


def test_a_wrong_signature_is_refused_and_counted(
    client: Client, channel: Channel, person: Influencer
) -> None:
    made = sent(channel, person)
    assert call_back(client, channel, payload("status_delivered"), token="guess").status_code == 403
    channel.refresh_from_db()
    assert (channel.bad_signatures, Message.objects.get(batch_id=made.pk).status) == (1, "sent")


def test_a_signature_for_another_message_does_not_fit(
    client: Client, channel: Channel, person: Influencer
) -> None:
    path = reverse("hook", kwargs={"public_id": channel.public_id})
    form = payload("status_delivered")
    headers = {"X-Twilio-Signature": signed(f"{settings.BASE_URL}{path}?message=b1-1", form)}
    answer = client.generic("POST", f"{path}?message=b1-2", urlencode(form), FORM, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("missing", ["MessageSid", "AccountSid", "From"])
def test_what_cannot_be_read_is_refused(client: Client, channel: Channel, missing: str) -> None:
    form = {name: value for name, value in payload("message").items() if name != missing}
    assert call_back(client, channel, form).status_code == 400


@pytest.mark.parametrize("reason", TWILIO, ids=lambda reason: reason.code)
def test_every_documented_code_follows_its_policy(reason: Any) -> None:
    reply = Reply(400, {"code": int(reason.code), "message": "Words"}, "{}")
    assert reason.words
    assert reason.next_step
    if reason.policy is Policy.PAUSE:
        with pytest.raises(ProviderFault):
            answer_of(reply)
        return
    assert answer_of(reply).verdict is VERDICTS[reason.policy]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(400, Verdict.REFUSED), (429, Verdict.THROTTLED), (502, Verdict.AMBIGUOUS), (504, Verdict.AMBIGUOUS)],
)
def test_without_a_known_code_the_http_status_decides(status: int, verdict: Verdict) -> None:
    assert answer_of(Reply(status, None, "<html>")).verdict is verdict


@pytest.mark.parametrize("number", ["0151 23", "4915\r\nX: 1", "4" * 16])
def test_a_number_that_is_not_e164_is_skipped_and_never_called(
    member: Membership, channel: Channel, api: Any, send: Send, number: str
) -> None:
    people(member, 1, msisdn="4915100000001")
    broadcast = request_broadcast(member, channel, subject="")
    broadcast.batch.items.update(payload={"to": number})
    batch = send(broadcast)
    assert (batch.skipped, batch.items.get().reason, api.messages) == (1, "bad_number", [])
