"""Calls of Amazon SNS: signed by it, from a topic that the channel hears, or refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from messaging.models import Channel, Receipt
from messaging.providers.reporting import hook_word
from messaging.providers.sns import is_of_amazon
from messaging.providers.sns_certificates import CERTIFICATES
from messaging.services import channel_save
from tests.factories import MembershipFactory
from tests.fixtures.certificates import Authority
from tests.messaging.doubles.server import DROP, Answer
from tests.messaging.doubles.sns import HOST, TOPIC, Sns, at_amazon, certificate_of, signed
from tests.messaging.doubles.sns import KEY as AMAZONS
from tests.messaging.factories import ChannelFactory

pytestmark = pytest.mark.django_db
OTHER = TOPIC.replace("123456789012", "999999999999")
EVENT = json.dumps(
    {
        "eventType": "Delivery",
        "mail": {"messageId": "0102", "tags": {}, "headers": [], "commonHeaders": {}},
        "delivery": {"timestamp": "2018-03-26T17:58:59.675Z", "recipients": ["bea@example.com"]},
    }
)
OPTIONS = {"service": "amazon_ses", "key_id": "AKIA", "region": "eu-central-1", "api_key": "k"}


@pytest.fixture
def owner(db: None) -> Membership:
    """An owner."""
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


@pytest.fixture
def channel(owner: Membership) -> Channel:
    """A channel to Amazon SES that knows no topic yet."""
    settings = {"service": "amazon_ses", "key_id": "AKIA", "region": "eu-central-1"}
    made: Channel = ChannelFactory.create(
        program=owner.program, type="anymail", settings=settings, secrets={"api_key": "k"}
    )
    return made


@pytest.fixture
def amazon(trusted_authority: Authority, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Sns]:
    """SNS at its own name."""
    with at_amazon(trusted_authority, monkeypatch, settings) as double:
        yield double


def call(client: Client, channel: Channel, told: Any, word: str | None = None) -> int:
    """The status of the answer to a call with this message, which has the log-in."""
    word = hook_word(channel) if word is None else word
    named = told if isinstance(told, dict) else {}
    headers = {
        "Authorization": "Basic " + base64.b64encode(f"batchadmin:{word}".encode()).decode(),
        "X-Amz-Sns-Message-Type": str(named.get("Type", "")),
        "X-Amz-Sns-Message-Id": str(named.get("MessageId", "")),
    }
    path = reverse("hook", kwargs={"public_id": channel.public_id})
    answer = client.post(path, json.dumps(told), content_type="text/plain; charset=UTF-8", headers=headers)
    channel.refresh_from_db()
    return answer.status_code


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("more", [{}, {"Subject": "Amazon SES\nEmail Event"}])
def test_what_amazon_has_signed_is_kept(
    client: Client, channel: Channel, amazon: Sns, version: str, more: dict[str, str]
) -> None:
    for message in ("1", "2"):
        told = signed(EVENT.replace("0102", message), version, **more)
        assert call(client, channel, told) == 200
    assert Receipt.objects.count() == 2
    assert len(amazon.asked) == 1  # the certificate is kept
    assert channel.bad_signatures == 0


CHANGES: list[dict[str, Any]] = [
    {"Message": EVENT.replace("bea@", "eve@")},
    {"Timestamp": "2030-01-01T00:00:00.000Z"},
    {"Subject": "added"},
    {"Type": "UnsubscribeConfirmation"},
    {"SignatureVersion": "2"},
    {"SignatureVersion": "3"},
    {"Signature": "bm8="},
    {"Signature": "no base64!"},
    {"SigningCertURL": None},
    {"Message": 7},
    {"TopicArn": "x"},
]


def test_what_was_changed_or_never_signed_is_refused_counted_and_shown(
    client: Client, owner: Membership, channel: Channel, amazon: Sns
) -> None:
    for changed in CHANGES:
        assert call(client, channel, {**signed(EVENT), **changed}) == 403, changed
    assert channel.bad_signatures == len(CHANGES)
    assert not Receipt.objects.exists()
    client.force_login(owner.user)
    page = reverse("channel", kwargs={"program": owner.program.slug, "pk": channel.pk})
    assert f"{len(CHANGES)} bad signatures" in client.get(page).content.decode()


ELSEWHERE = [
    f"http://{HOST}/a.pem",
    "https://sns.eu-central-1.amazonaws.com.evil.example/a.pem",
    "https://evil.example/sns.eu-central-1.amazonaws.com/a.pem",
    f"https://{HOST}@evil.example/a.pem",
    f"https://user@{HOST}/a.pem",
    f"https://{HOST}:8443/a.pem",
    "https://sns.evil.amazonaws.com/a.pem",
    "https://bucket.s3.amazonaws.com/a.pem",
    f"https://{HOST}\\@evil.example/a.pem",
    "https://[::1/a.pem",
]


def test_a_certificate_of_another_host_is_not_even_looked_at(
    client: Client, channel: Channel, amazon: Sns
) -> None:
    for address in ELSEWHERE:
        assert call(client, channel, signed(EVENT, SigningCertURL=address)) == 403, address
    assert amazon.asked == []
    assert channel.bad_signatures == len(ELSEWHERE)


def test_the_hosts_of_amazon_are_known() -> None:
    for region in ("us-east-1", "us-gov-west-1", "ap-southeast-2"):
        assert is_of_amazon(f"https://sns.{region}.amazonaws.com/a.pem")
    assert is_of_amazon("https://sns.cn-north-1.amazonaws.com.cn:443/a.pem")


@pytest.mark.parametrize(
    "answer", [DROP, Answer(500), Answer(503), Answer(200, b"x" * 100_000), Answer(200, b"no certificate")]
)
def test_without_the_certificate_the_caller_is_asked_to_call_again_and_nothing_is_lost(
    client: Client, channel: Channel, amazon: Sns, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.providers.sns_certificates.AGAIN_AFTER", 3600.0)
    good, amazon.certificate = amazon.certificate, answer
    for _time in range(3):
        assert call(client, channel, signed(EVENT)) == 503
    assert len(amazon.asked) == 1  # who doesn't answer isn't asked with each call
    assert channel.bad_signatures == 0
    amazon.certificate = good
    CERTIFICATES.forget()  # as when that time is over
    assert call(client, channel, signed(EVENT)) == 200
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize("answer", [Answer(404), Answer(200, certificate_of(AMAZONS, days=-1))])
def test_no_certificate_and_one_whose_time_is_over_prove_nothing(
    client: Client, channel: Channel, amazon: Sns, answer: Answer
) -> None:
    amazon.certificate = answer
    assert call(client, channel, signed(EVENT)) == 403


def test_the_first_topic_is_learnt_and_others_are_refused(
    client: Client, channel: Channel, amazon: Sns
) -> None:
    assert call(client, channel, signed(EVENT, TopicArn=OTHER), word="guess") == 403
    assert "topics" not in channel.settings
    assert call(client, channel, {**signed(EVENT, TopicArn=OTHER), "Message": "forged"}) == 403
    assert "topics" not in channel.settings
    assert call(client, channel, signed(EVENT)) == 200
    assert channel.settings["topics"] == TOPIC
    assert call(client, channel, signed(EVENT, TopicArn=OTHER)) == 403
    assert channel.bad_signatures == 3


def test_topics_that_an_owner_names_are_heard(
    client: Client, owner: Membership, channel: Channel, amazon: Sns
) -> None:
    options = {**OPTIONS, "topics": f"{TOPIC}  {OTHER}"}
    channel_save(
        program=owner.program, by=owner.user, name="SES", type="anymail", options=options, channel=channel
    )
    for topic in (TOPIC, OTHER):
        assert call(client, channel, signed(EVENT, TopicArn=topic)) == 200
    assert call(client, channel, signed(EVENT, TopicArn=f"{TOPIC}2")) == 403


def test_a_subscription_is_confirmed_at_amazon_and_its_topic_learnt(
    client: Client, channel: Channel, amazon: Sns
) -> None:
    wish = {"Type": "SubscriptionConfirmation", "Token": "t0k3n"}
    where = f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t0k3n"
    assert call(client, channel, signed("You have chosen", **wish, SubscribeURL=where)) == 200
    assert amazon.asked[1:] == ["/"]
    assert channel.settings["topics"] == TOPIC
    amazon.confirmation = Answer(500)
    assert call(client, channel, signed("You have chosen", **wish, SubscribeURL=where)) == 503
    outside = signed("You have chosen", **wish, SubscribeURL="https://evil.example/")
    assert call(client, channel, outside) == 400
    assert call(client, channel, {**outside, "SubscribeURL": where}) == 403


def test_what_is_no_message_of_sns_is_refused(client: Client, channel: Channel, amazon: Sns) -> None:
    others: list[Any] = [[], "text", 7, None, {"Type": []}, {}]
    for told in others:
        assert call(client, channel, told) == 403, told


def test_a_name_that_is_no_topic_is_said_where_it_is_typed(owner: Membership, client: Client) -> None:
    client.force_login(owner.user)
    page = reverse("channel-new", kwargs={"program": owner.program.slug, "type": "anymail"})
    answer = client.post(page, {**OPTIONS, "name": "SES", "connections": "4", "topics": f"{TOPIC} my-topic"})
    assert answer.status_code == 422
    assert "“my-topic” is not the ARN of an SNS topic" in answer.content.decode()
