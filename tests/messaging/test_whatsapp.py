"""WhatsApp's Cloud API over real sockets: what goes out, what answers mean, who may be written to at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.kinds import Verdict
from batches.models import BatchRequest
from batches.reasons import Policy, reason_of
from batches.refusals import NotPossible
from messaging.identifiers import our_id
from messaging.models import Broadcast, Channel, Chat, Message
from messaging.phone_reasons import WHATSAPP
from messaging.providers.base import ProviderFault
from messaging.providers.http_calls import Reply
from messaging.providers.whatsapp_status import VERDICTS, answer_of
from messaging.rendering import TemplateFault
from messaging.services import ChannelInvalid, channel_check
from tests.messaging.doubles.server import DROP, Answer, serving
from tests.messaging.doubles.whatsapp import APP_SECRET, PHONE_NUMBER_ID, TOKEN, CloudApi, failure
from tests.messaging.factories import ChannelFactory, people, request_broadcast

Send = Callable[..., BatchRequest]
APPROVED = {"name": "spring_box", "language": "en", "parameters": ["{{ influencer.first_name }}"]}


@pytest.fixture
def api() -> CloudApi:
    return CloudApi()


@pytest.fixture
def channel(member: Membership, api: CloudApi) -> Iterator[Channel]:
    with serving(api) as address:
        yield ChannelFactory.create(
            program=member.program,
            type="whatsapp",
            settings={"phone_number_id": PHONE_NUMBER_ID, "version": "v23.0", "base_url": address},
            secrets={"access_token": TOKEN, "app_secret": APP_SECRET},
            connections=3,
        )


def phones(member: Membership, number: int) -> list[Any]:
    made = people(member, number)
    for index, person in enumerate(made):
        person.msisdn = f"4915100000{index:03d}"
        person.save()
    return made


def wrote(channel: Channel, person: Any, hours: float) -> None:
    at = timezone.now() - timedelta(hours=hours)
    Chat.objects.create(
        program=channel.program, channel=channel, influencer=person, last_message_at=at, last_inbound_at=at
    )


def test_text_goes_to_whoever_wrote_within_a_day_with_our_id_on_kept_connections(
    member: Membership, channel: Channel, api: CloudApi, send: Send
) -> None:
    made = phones(member, 12)
    for person in made:
        wrote(channel, person, hours=23)
    batch = send(request_broadcast(member, channel, subject=""))
    assert (batch.status, batch.succeeded) == ("completed", 12)
    sent = next(one for one in api.messages if one["to"] == made[0].msisdn)
    assert sent["text"]["body"] == f"Hi {made[0].first_name}"
    assert sent["biz_opaque_callback_data"] == our_id(batch.pk, made[0].pk)
    assert Message.objects.get(batch_id=batch.pk, key=made[0].pk).provider_id.startswith("wamid.")
    assert len(api.connections) <= 3


def test_text_to_the_silent_is_skipped_with_the_reason_and_never_called(
    member: Membership, channel: Channel, api: CloudApi, send: Send
) -> None:
    never, long_ago, lately = phones(member, 3)
    wrote(channel, long_ago, hours=25)
    wrote(channel, lately, hours=1)
    batch = send(request_broadcast(member, channel))
    assert (batch.succeeded, batch.skipped) == (1, 2)
    assert set(batch.items.filter(key__in=[never.pk, long_ago.pk]).values_list("reason", flat=True)) == {
        "131047"
    }
    assert [one["to"] for one in api.messages] == [lately.msisdn]
    assert str(reason_of("131047").words) == "Silent for over 24 hours"


def test_an_approved_template_goes_to_everybody_with_its_variables_filled_in(
    member: Membership, channel: Channel, api: CloudApi, send: Send
) -> None:
    made = phones(member, 2)
    batch = send(request_broadcast(member, channel, subject="", approved=APPROVED))
    assert batch.succeeded == 2
    assert api.messages[0]["type"] == "template"
    template = next(one for one in api.messages if one["to"] == made[1].msisdn)["template"]
    assert (template["name"], template["language"]) == ("spring_box", {"code": "en"})
    assert template["components"] == [
        {"type": "body", "parameters": [{"type": "text", "text": made[1].first_name}]}
    ]
    assert made[1].first_name in Message.objects.get(batch_id=batch.pk, key=made[1].pk).body


def test_a_missing_variable_of_a_template_skips_that_person(
    member: Membership, channel: Channel, api: CloudApi, send: Send
) -> None:
    phones(member, 2)
    approved = {**APPROVED, "parameters": ["{{ influencer.attributes.size }}"]}
    batch = send(request_broadcast(member, channel, approved=approved))
    assert (batch.skipped, api.messages) == (2, [])
    assert batch.items.first().reason == "missing_variable"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("approved", "words"),
    [
        ({"name": "Spring Box", "language": "en"}, "small letters"),
        ({"name": "spring_box", "language": "English"}, "en_US"),
        ({"name": "spring_box", "language": "en", "parameters": [" "]}, "empty"),
        (
            {"name": "spring_box", "language": "en", "parameters": ["{{ influencer.frist_name }}"]},
            "first_name",
        ),
    ],
)
def test_what_is_wrong_with_a_template_is_said_before_anything_is_requested(
    member: Membership, channel: Channel, approved: dict[str, Any], words: str
) -> None:
    phones(member, 1)
    with pytest.raises(TemplateFault, match=words):
        request_broadcast(member, channel, approved=approved)
    assert not Broadcast.objects.exists()


def test_a_channel_without_approved_templates_refuses_them(member: Membership) -> None:
    people(member, 1)
    with pytest.raises(NotPossible, match="no approved templates"):
        request_broadcast(member, approved=APPROVED)


def test_a_number_that_is_not_e164_is_skipped(
    member: Membership, channel: Channel, api: CloudApi, send: Send
) -> None:
    phones(member, 1)
    broadcast = request_broadcast(member, channel, approved=APPROVED)
    broadcast.batch.items.update(payload={"to": "0151 23\r\nX"})
    batch = send(broadcast)
    assert (batch.skipped, batch.items.get().reason, api.messages) == (1, "bad_number", [])


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (failure(400, 131026, "Message undeliverable"), "failed", "131026"),
        (failure(400, 132001, "Template name does not exist in the translation"), "failed", "132001"),
        (failure(400, 131047, "Re-engagement message"), "failed", "131047"),
        (failure(400, 424242, "Something new"), "failed", "other"),
        (Answer(502, "<html>Bad Gateway</html>"), "unknown", "unknown"),
        (Answer(504, "<html>Gateway Timeout</html>"), "unknown", "unknown"),
        (DROP, "unknown", "unknown"),
        (Answer(200, "welcome"), "unknown", "unknown"),
        (Answer(200, {"messages": []}), "unknown", "unknown"),
    ],
)
def test_each_answer_ends_the_message_as_it_should(
    member: Membership, channel: Channel, api: CloudApi, send: Send, answer: Answer, status: str, reason: str
) -> None:
    phones(member, 2)
    api.on_message = lambda message: answer if message["to"].endswith("000") else None
    batch = send(request_broadcast(member, channel, approved=APPROVED))
    item = batch.items.order_by("key").first()
    assert item is not None
    assert (item.status, item.reason, batch.succeeded) == (status, reason, 1)


def test_a_fault_of_the_account_pauses_the_channel_fails_nobody_and_goes_on_after_a_good_check(
    member: Membership, channel: Channel, api: CloudApi, send: Send
) -> None:
    phones(member, 5)
    api.on_message = lambda message: failure(403, 131031, "Account has been locked")
    broadcast = request_broadcast(member, channel, approved=APPROVED)
    batch = send(broadcast, slices=2)
    channel.refresh_from_db()
    assert (batch.failed, batch.pending, channel.paused_by) == (0, 5, "fault")
    assert "WhatsApp has locked our account" in channel.pause_reason
    api.on_message = lambda message: None
    channel_check(channel=channel)
    assert channel.status == "active"
    assert send(broadcast).succeeded == 5


def test_being_too_fast_costs_nobody_an_attempt(
    member: Membership, channel: Channel, api: CloudApi, send: Send
) -> None:
    phones(member, 4)
    early = iter([failure(429, 130429, "Rate limit hit")] * 2)
    api.on_message = lambda message: next(early, None)
    batch = send(request_broadcast(member, channel, approved=APPROVED))
    assert batch.succeeded == 4
    assert set(batch.items.values_list("attempts", flat=True)) == {1}


def test_a_server_that_cannot_be_reached_has_begun_nothing(
    member: Membership, channel: Channel, send: Send
) -> None:
    phones(member, 2)
    channel.settings["base_url"] = "http://127.0.0.1:1"
    channel.save()
    batch = send(request_broadcast(member, channel, approved=APPROVED), slices=2)
    channel.refresh_from_db()
    assert (batch.pending, batch.unknown, channel.paused_by) == (2, 0, "fault")


def test_a_check_says_who_we_are(channel: Channel) -> None:
    assert channel_check(channel=channel) == "Connected as Glow (+1 555-078-3881); quality: GREEN."


@pytest.mark.parametrize(
    ("settings", "secrets", "words"),
    [
        ({}, {"access_token": "wrong"}, "access token has expired or is wrong"),
        ({}, {"access_token": ""}, "access token is missing"),
        ({}, {"app_secret": ""}, "app secret is missing"),
        ({"phone_number_id": "1"}, {}, "Object does not exist"),
        ({"base_url": "http://127.0.0.1:1"}, {}, "could not be made"),
    ],
)
def test_a_check_says_what_is_wrong(
    channel: Channel, settings: dict[str, str], secrets: dict[str, str], words: str
) -> None:
    channel.settings.update(settings)
    channel.secrets.update(secrets)
    with pytest.raises(ChannelInvalid, match=words):
        channel_check(channel=channel)


@pytest.mark.parametrize("reason", WHATSAPP, ids=lambda reason: reason.code)
def test_every_documented_code_follows_its_policy(reason: Any) -> None:
    body = {"error": {"message": f"(#{reason.code}) Words", "code": int(reason.code)}}
    reply = Reply(400, body, json.dumps(body))
    assert reason.words
    assert reason.next_step
    if reason.policy is Policy.PAUSE:
        with pytest.raises(ProviderFault) as fault:
            answer_of(reply)
        assert fault.value.reason == reason.code
        return
    answer = answer_of(reply)
    assert (answer.verdict, answer.reason) == (VERDICTS[reason.policy], reason.code)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (400, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (429, Verdict.THROTTLED),
        (500, Verdict.AMBIGUOUS),
        (502, Verdict.AMBIGUOUS),
        (504, Verdict.AMBIGUOUS),
        (302, Verdict.AMBIGUOUS),
    ],
)
def test_without_a_known_code_the_http_status_decides(status: int, verdict: Verdict) -> None:
    assert answer_of(Reply(status, None, "<html>")).verdict is verdict


@pytest.mark.parametrize("status", [401, 403, 503])
def test_without_a_known_code_these_pause_the_channel(status: int) -> None:
    with pytest.raises(ProviderFault):
        answer_of(Reply(status, None, "<html>"))
