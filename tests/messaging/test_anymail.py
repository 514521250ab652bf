"""E-mail services over real sockets: what goes out, what answers mean, and what their webhooks say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anymail.signals import tracking
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.models import Influencer, OptOut
from messaging.identifiers import our_id
from messaging.models import Channel, Chat, Message, Receipt
from messaging.providers.anymail import THREADS
from messaging.providers.reporting import hook_word
from messaging.receipt_rhythm import receipts_new_apply
from messaging.services import ChannelInvalid, channel_check
from tests.fixtures.certificates import Authority
from tests.messaging.doubles.mail_services import DOMAIN, KEY, KEY_ID, MailService, amazon_no
from tests.messaging.doubles.server import DROP, Answer, serving
from tests.messaging.doubles.sns import at_amazon, signed
from tests.messaging.factories import ChannelFactory, people, request_broadcast

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
PAYLOADS = Path(__file__).parent / "payloads" / "mail_services"
SERVICES = ["postmark", "sendgrid", "mailgun", "amazon_ses"]
SIGNING_KEY = "mailgun-signing-key"
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The public key as SendGrid shows it: what stands between the lines of a PEM file."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    lines = key.public_key().public_bytes(serialization.Encoding.PEM, form).decode().splitlines()
    return "".join(lines[1:-1])


@dataclass
class Line:
    """A channel to a service, and the service at its other end."""

    service: str
    double: MailService
    channel: Channel


@pytest.fixture(params=SERVICES)
def line(request: Any, member: Membership) -> Iterator[Line]:
    service, double = request.param, MailService()
    with serving(getattr(double, service)) as address:
        settings = {
            "service": service,
            "api_url": address + ("/v3/" if service in ("sendgrid", "mailgun") else ""),
            "domain": DOMAIN,
            "key_id": KEY_ID,
            "region": "eu-central-1",
        }
        keys = {"mailgun": SIGNING_KEY, "sendgrid": public_text(SENDGRID_KEY)}
        secrets = {"api_key": KEY, "webhook_key": keys.get(service, "")}
        channel = ChannelFactory.create(
            program=member.program, type="anymail", settings=settings, secrets=secrets, connections=2
        )
        yield Line(service, double, channel)


def test_a_message_goes_out_with_our_id_on_kept_connections(
    member: Membership, line: Line, send: Send
) -> None:
    made = people(member, 8, last_name="Łund, 李")
    batch = send(request_broadcast(member, line.channel, subject="Your bóx"))
    assert (batch.status, batch.succeeded) == ("completed", 8)
    mail = next(mail for mail in line.double.mails if mail.our_id == our_id(batch.pk, made[0].pk))
    assert str(made[0].email) in mail.to
    assert (mail.subject, mail.text.splitlines()[0]) == ("Your bóx", f"Hi {made[0].first_name}")
    assert Message.objects.get(batch_id=batch.pk, key=made[0].pk).provider_id
    assert len(line.double.connections) <= line.channel.connections


def test_no_more_connections_are_kept_than_the_channel_may_have_however_many_threads_there_are(
    member: Membership, line: Line, send: Send
) -> None:
    together = threading.Barrier(8)
    list(THREADS.map(lambda _thread: together.wait(), range(8)))  # as after a channel with eight connections
    people(member, 8)
    assert send(request_broadcast(member, line.channel)).succeeded == 8
    assert len(line.double.connections) <= line.channel.connections


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (
            Answer(400, {"ErrorCode": 300, "Message": "Invalid request", "message": "Invalid request"}),
            "failed",
        ),
        (Answer(502, "<html>Bad Gateway</html>"), "unknown"),
        (Answer(504, "<html>Gateway Timeout</html>"), "unknown"),
        (Answer(500, {"message": "Internal"}), "unknown"),
        (DROP, "unknown"),
    ],
)
def test_each_answer_ends_the_message_as_it_should_and_nothing_is_repeated(
    member: Membership, line: Line, send: Send, answer: Answer, status: str
) -> None:
    calls: list[str] = []
    people(member, 1)
    line.double.on_mail = lambda mail: calls.append(mail.to) or answer  # type: ignore[func-returns-value]
    batch = send(request_broadcast(member, line.channel))
    assert (batch.items.get().status, len(calls)) == (status, 1)


# By HTTP and by Amazon's own client: the answers of the other two are read by the same lines.
@pytest.mark.parametrize("line", ["postmark", "amazon_ses"], indirect=True)
def test_being_too_fast_costs_nobody_an_attempt(member: Membership, line: Line, send: Send) -> None:
    people(member, 2)
    no = (
        amazon_no(429, "TooManyRequestsException", "Slow down")
        if line.service == "amazon_ses"
        else Answer(429, {})
    )
    early = iter([no])
    line.double.on_mail = lambda mail: next(early, None)
    batch = send(request_broadcast(member, line.channel))
    assert batch.succeeded == 2
    assert set(batch.items.values_list("attempts", flat=True)) == {1}


def test_a_refused_log_in_is_said_by_a_check_and_pauses_the_channel(
    member: Membership, line: Line, send: Send
) -> None:
    assert line.channel.program.sender_address in channel_check(channel=line.channel)
    line.channel.secrets = {**line.channel.secrets, "api_key": "wrong"}
    line.channel.settings["key_id"] = "AKIAWRONG"
    line.channel.save()
    with pytest.raises(ChannelInvalid, match="log-in is refused"):
        channel_check(channel=line.channel)
    people(member, 1)
    batch = send(request_broadcast(member, line.channel), slices=2)
    line.channel.refresh_from_db()
    assert (batch.pending, batch.failed, line.channel.paused_by) == (1, 0, "fault")


def test_a_service_that_cannot_be_reached_has_begun_nothing(
    member: Membership, line: Line, send: Send
) -> None:
    people(member, 1)
    line.channel.settings["api_url"] = "http://127.0.0.1:1/"
    line.channel.save()
    batch = send(request_broadcast(member, line.channel), slices=2)
    line.channel.refresh_from_db()
    assert (batch.pending, batch.unknown, line.channel.paused_by) == (1, 0, "fault")


def test_a_service_inside_our_own_network_is_not_connected_to(
    member: Membership, line: Line, send: Send, settings: Any
) -> None:
    settings.CHANNEL_ALLOWED_HOSTS = []
    people(member, 1)
    batch = send(request_broadcast(member, line.channel), slices=2)
    line.channel.refresh_from_db()
    assert (batch.pending, batch.unknown, line.channel.paused_by) == (1, 0, "fault")
    assert not line.double.mails
    with pytest.raises(ChannelInvalid, match="known out in the internet"):
        channel_check(channel=line.channel)
    assert not line.double.connections


@pytest.mark.parametrize("line", ["amazon_ses"], indirect=True)
def test_a_region_that_is_none_has_begun_nothing(member: Membership, line: Line, send: Send) -> None:
    people(member, 1)
    line.channel.settings["region"] = "eu_central_1"
    line.channel.save()
    batch = send(request_broadcast(member, line.channel), slices=2)
    line.channel.refresh_from_db()
    assert (batch.pending, batch.unknown, line.channel.paused_by) == (1, 0, "fault")


# --- what it reports --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(
    member: Membership,
    line: Line,
    trusted_authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Iterator[Message]:
    person = people(member, 1)[0]
    made = request_broadcast(member, line.channel)
    chat = Chat.objects.create(program=member.program, channel=line.channel, influencer=person)
    message: Message = Message.objects.create(
        chat=chat, batch_id=made.pk, key=person.pk, status="sent", body="Hi"
    )
    if line.service != "amazon_ses":
        yield message
        return
    with at_amazon(trusted_authority, monkeypatch, settings):
        yield message


def report(
    client: Client, line: Line, sent: Message, what: str, word: str | None = None, *, forged: bool = False
) -> int:
    """The answer's status to a call as the service makes it, with its signature where it signs."""
    text = (PAYLOADS / f"{line.service}_{what}.json").read_text()
    person = Influencer.objects.get(pk=sent.key or 0)
    text = text.replace("OUR_ID", our_id(sent.batch_id or 0, person.pk)).replace("ADDRESS", str(person.email))
    word = hook_word(line.channel) if word is None else word
    headers = {"Authorization": "Basic " + base64.b64encode(f"batchadmin:{word}".encode()).decode()}
    if line.service == "mailgun":
        stamp, token = "1529006854", "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
        secret = b"another" if forged else SIGNING_KEY.encode()
        proof = hmac.new(secret, f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
        signature = {"timestamp": stamp, "token": token, "signature": proof}
        text = json.dumps({"signature": signature, **json.loads(text)})
    if line.service == "sendgrid":
        key = ec.generate_private_key(ec.SECP256R1()) if forged else SENDGRID_KEY
        mark = key.sign(f"1600112502{text}".encode(), ec.ECDSA(hashes.SHA256()))
        headers["X-Twilio-Email-Event-Webhook-Signature"] = base64.b64encode(mark).decode()
        headers["X-Twilio-Email-Event-Webhook-Timestamp"] = "1600112502"
    if line.service == "amazon_ses":
        headers |= {"X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": "19ba9823"}
        told = signed(text)
        text = json.dumps({**told, "Timestamp": "2030-01-01T00:00:00.000Z"} if forged else told)
    path = reverse("hook", kwargs={"public_id": line.channel.public_id})
    answer = client.post(path, text, content_type="application/json", headers=headers)
    receipts_new_apply()  # what a worker is called to
    return answer.status_code


@pytest.mark.parametrize(
    ("what", "status"), [("delivered", "delivered"), ("opened", "read"), ("bounced", "failed")]
)
def test_an_event_moves_its_message(
    client: Client, line: Line, sent: Message, what: str, status: str
) -> None:
    for _time in range(2):
        assert report(client, line, sent, what) == 200
    sent.refresh_from_db()
    assert (sent.status, sent.reason) == (status, "5.1.1" if what == "bounced" else "")


def test_a_bounce_for_good_suppresses_the_address(client: Client, line: Line, sent: Message) -> None:
    report(client, line, sent, "bounced")
    opt_out = OptOut.objects.get(influencer=sent.key)
    assert (opt_out.channel_type, opt_out.source, opt_out.by_person) == ("email", "bounce", False)


def test_a_complaint_is_the_persons_own_word(client: Client, line: Line, sent: Message) -> None:
    assert report(client, line, sent, "complained") == 200
    opt_out = OptOut.objects.get(influencer=sent.key)
    assert (opt_out.source, opt_out.by_person) == ("complaint", True)


def test_unsubscribing_at_the_service_opts_out(client: Client, line: Line, sent: Message) -> None:
    if line.service == "amazon_ses":
        pytest.skip("Amazon has no such event.")
    assert report(client, line, sent, "unsubscribed") == 200
    assert OptOut.objects.get(influencer=sent.key).source == "person"


def test_a_wrong_log_in_is_refused_and_counted(client: Client, line: Line, sent: Message) -> None:
    assert report(client, line, sent, "delivered", word="guess") == 403
    line.channel.refresh_from_db()
    sent.refresh_from_db()
    assert (line.channel.bad_signatures, sent.status) == (1, "sent")


def test_a_wrong_signature_is_refused_and_counted_where_the_service_signs(
    client: Client, line: Line, sent: Message
) -> None:
    signs = line.service != "postmark"
    assert report(client, line, sent, "delivered", forged=True) == (403 if signs else 200)
    line.channel.refresh_from_db()
    sent.refresh_from_db()
    assert (line.channel.bad_signatures, sent.status) == ((1, "sent") if signs else (0, "delivered"))


def test_a_key_that_cannot_be_read_makes_nothing_genuine(client: Client, line: Line, sent: Message) -> None:
    if line.service != "sendgrid":
        pytest.skip("Only SendGrid's key has a form.")
    line.channel.secrets = {**line.channel.secrets, "webhook_key": "no key at all"}
    line.channel.save()
    assert report(client, line, sent, "delivered") == 403


def test_others_may_listen_to_the_events_and_an_event_without_a_channel_is_none_of_ours(
    client: Client, line: Line, sent: Message
) -> None:
    heard: list[str] = []

    def listen(event: Any, **more: Any) -> None:
        heard.append(event.event_type)

    tracking.connect(listen, weak=False)
    try:
        report(client, line, sent, "delivered")
    finally:
        tracking.disconnect(listen)
    assert heard == ["delivered"]
    tracking.send(sender=None, event=None, esp_name="Other")
    assert Receipt.objects.count() == 1


def test_a_caller_without_a_log_in_is_asked_for_it(client: Client, line: Line) -> None:
    path = reverse("hook", kwargs={"public_id": line.channel.public_id})
    answer = client.post(path, "{}", content_type="application/json")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Basic realm="reports"')


@pytest.mark.parametrize(
    "broken", ["bea@example.com\r\nBcc: eve@example.com", "bea@example.com\nRCPT TO:<eve@x.example>"]
)
def test_an_address_with_a_line_break_is_skipped_and_no_service_is_called(
    member: Membership, line: Line, send: Send, broken: str
) -> None:
    people(member, 1)
    broadcast = request_broadcast(member, line.channel)
    broadcast.batch.items.update(payload={"to": broken})
    batch = send(broadcast)
    assert (batch.skipped, batch.items.get().reason, line.double.mails) == (1, "bad_address", [])


def test_a_line_break_in_a_name_or_subject_makes_no_header(
    member: Membership, line: Line, send: Send
) -> None:
    people(member, 1, first_name="Bea\r\nBcc: eve@example.com", last_name="\nX-Evil: 1")
    batch = send(request_broadcast(member, line.channel, subject="Hi {{ influencer.first_name }}", body="Hi"))
    assert batch.succeeded == 1
    (mail,) = line.double.mails
    assert mail.subject == "Hi Bea Bcc: eve@example.com"
    assert "eve@example.com" not in mail.to.split("<")[-1]
    assert "X-Evil: 1" not in mail.to.splitlines()
    assert len(mail.to.splitlines()) == 1
