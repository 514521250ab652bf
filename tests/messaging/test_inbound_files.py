"""Files that people send: fetched by a worker, checked, shown in the chat, and given to members of the program only."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from campaigns.models import Influencer
from messaging.jobs import files_due, files_serve
from messaging.models import Channel, InboundFile, Message
from messaging.news import Heard, HeardFile
from messaging.services import inbound_files
from messaging.services.inbound import messages_receive
from tests.factories import MembershipFactory
from tests.messaging.doubles import twilio
from tests.messaging.doubles.server import Answer, Request, serving
from tests.messaging.doubles.whatsapp import APP_SECRET, PHONE_NUMBER_ID, TOKEN, signed
from tests.messaging.factories import ChannelFactory, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]
PAYLOAD = Path(__file__).parent / "payloads" / "whatsapp" / "message_image.json"
NUMBER, MEDIA = "16505551234", "1003383421387256"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass
class Media:
    """Where providers keep files: tells what it was asked for, and with which log-in."""

    content: bytes = PICTURE
    failures: int = 0  # answers with 503 before it gives the file out
    link: str = ""  # where it says the file is; empty: here
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        login = request.headers.get("authorization", "")
        self.asked.append((request.path, login))
        if request.path == f"/v23.0/{MEDIA}":
            assert (login, request.query) == (f"Bearer {TOKEN}", {"phone_number_id": PHONE_NUMBER_ID})
            return Answer(200, {"url": self.link or f"{self.here}/kept", "mime_type": "image/jpeg"})
        if request.path.startswith(twilio.PATH):
            return Answer(307, "", {"Location": f"{self.here}/kept"})
        if self.failures:
            self.failures -= 1
            return Answer(503, "later")
        return Answer(200, self.content, {"Content-Type": "image/jpeg"})

    here: str = ""


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Iterator[Media]:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    settings.MEDIA_ROOT = tmp_path
    store = Media()
    with serving(store) as store.here:
        yield store


@pytest.fixture
def person(member: Membership) -> Influencer:
    return people(member, 1, msisdn=NUMBER)[0]


@pytest.fixture
def channel(member: Membership, media: Media, person: Influencer) -> Channel:
    settings = {"phone_number_id": PHONE_NUMBER_ID, "base_url": media.here}
    secrets = {"access_token": TOKEN, "app_secret": APP_SECRET}
    made: Channel = ChannelFactory.create(
        program=member.program, type="whatsapp", settings=settings, secrets=secrets
    )
    return made


def arrive(client: Client, channel: Channel) -> None:
    """WhatsApp tells of a picture."""
    body = json.dumps(json.loads(PAYLOAD.read_text())).encode()
    path = reverse("hook", kwargs={"public_id": channel.public_id})
    headers = {"X-Hub-Signature-256": signed(body)}
    assert client.post(path, body, content_type="application/json", headers=headers).status_code == 200


def shown(client: Client, member: Membership) -> str:
    """The chat's page."""
    client.force_login(member.user)
    chat = Message.objects.get(direction="in").chat
    page = client.get(reverse("chat", args=[member.program.slug, chat.pk]))
    return " ".join(page.content.decode().replace("&#x27;", "'").split())


def address(member: Membership) -> str:
    return reverse("chat-file", args=[member.program.slug, InboundFile.objects.get().pk])


def test_a_picture_is_fetched_once_and_shown_in_the_chat(
    client: Client, member: Membership, channel: Channel, media: Media
) -> None:
    arrive(client, channel)
    assert "A file is on its way." in shown(client, member)
    files_serve()
    arrive(client, channel)
    files_serve()
    assert [path for path, _login in media.asked] == [f"/v23.0/{MEDIA}", "/kept"]
    page = shown(client, member)
    assert f'<img class="chat-picture d-block mw-100 mb-1 rounded" src="{address(member)}"' in page
    assert "[image] Taj Mahal" in page


def test_it_is_a_download_of_the_type_that_it_is(
    client: Client, member: Membership, channel: Channel
) -> None:
    arrive(client, channel)
    files_serve()
    client.force_login(member.user)
    answer = client.get(address(member))
    assert b"".join(answer.streaming_content) == PICTURE  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "image/png"  # whatever WhatsApp has called it
    assert answer.headers["Content-Disposition"] == 'attachment; filename="file.png"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 200), (Role.MANAGER, 200), (Role.OWNER, 200)])
def test_every_member_of_the_program_may_have_it(
    client: Client, member: Membership, channel: Channel, role: Role, status: int
) -> None:
    arrive(client, channel)
    files_serve()
    client.force_login(MembershipFactory.create(program=member.program, role=role).user)
    assert client.get(address(member)).status_code == status


def test_nobody_else_may_have_it(client: Client, member: Membership, channel: Channel) -> None:
    arrive(client, channel)
    files_serve()
    assert client.get(address(member)).status_code == 302  # to the log-in
    other = MembershipFactory.create()
    client.force_login(other.user)
    own = reverse("chat-file", args=[other.program.slug, InboundFile.objects.get().pk])
    assert [client.get(path).status_code for path in (address(member), own)] == [404, 404]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><script>alert(1)</script>", "Files of this kind aren't kept"),
        (b"MZ" + b"\0" * 100, "Files of this kind aren't kept"),
        (b"\xff\xd8\xff" + b"0" * 3_000, "It is larger than 25 MB."),
    ],
)
def test_what_is_not_kept_is_said_in_the_bubble(
    client: Client,
    member: Membership,
    channel: Channel,
    media: Media,
    monkeypatch: Any,
    content: bytes,
    words: str,
) -> None:
    monkeypatch.setattr("messaging.providers.fetching.MOST_BYTES", 2_000)
    media.content = content
    arrive(client, channel)
    files_serve()
    assert f"The file could not be fetched. {words}" in shown(client, member)
    client.force_login(member.user)
    assert client.get(address(member)).status_code == 404


def test_a_provider_that_is_down_is_asked_again_later(
    client: Client, member: Membership, channel: Channel, media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound_files, "WAITS", (3_600,))  # the page is drawn within it, on any machine
    media.failures = 1
    arrive(client, channel)
    files_serve()
    assert "it is tried again soon. The provider answered HTTP 503." in shown(client, member)
    assert files_due() == 0
    InboundFile.objects.update(due_at=timezone.now())
    assert files_due() == 1
    files_serve()
    assert InboundFile.objects.get().state == "kept"


def test_a_file_that_never_comes_is_given_up(
    client: Client, member: Membership, channel: Channel, media: Media
) -> None:
    media.failures = 100
    arrive(client, channel)
    for _attempt in range(6):
        InboundFile.objects.update(due_at=timezone.now())
        files_serve()
    assert "The file could not be fetched. The provider answered HTTP 503." in shown(client, member)


def test_a_worker_that_died_with_it_in_hand_has_not_lost_it(client: Client, channel: Channel) -> None:
    arrive(client, channel)
    InboundFile.objects.update(due_at=timezone.now() - timedelta(seconds=1))  # its claim is over
    files_serve()
    assert InboundFile.objects.get().state == "kept"


@pytest.mark.parametrize("link", ["https://10.0.0.1/kept", "http://93.184.215.14/kept", "file:///etc/passwd"])
def test_a_link_into_our_own_network_or_in_the_clear_is_not_followed(
    client: Client, channel: Channel, media: Media, link: str
) -> None:
    media.link = link
    arrive(client, channel)
    files_serve()
    file = InboundFile.objects.get()
    assert (file.state, file.attempts) == ("failed", 1)


def test_a_file_of_an_sms_is_fetched_from_where_twilio_keeps_it_without_our_log_in(
    member: Membership, media: Media, person: Influencer
) -> None:
    settings = {"account_sid": twilio.ACCOUNT, "sender": "+15017122661", "base_url": media.here}
    channel = ChannelFactory.create(
        program=member.program, type="twilio", settings=settings, secrets={"auth_token": twilio.TOKEN}
    )
    own = f"{media.here}{twilio.PATH}/Messages/MM1/Media/ME1"
    stranger = "https://elsewhere.example/Media/ME2"
    files = (HeardFile(own), HeardFile(stranger))
    messages_receive(channel=channel, heard=[Heard("MM1", NUMBER, "Look", timezone.now(), files=files)])
    files_serve()
    assert [bool(login) for _path, login in media.asked] == [True, False]
    states = dict(InboundFile.objects.values_list("reference", "state"))
    assert states == {own: "kept", stranger: "failed"}


def test_whoever_is_erased_takes_their_files_along(
    client: Client, channel: Channel, person: Influencer, django_capture_on_commit_callbacks: Any
) -> None:
    arrive(client, channel)
    files_serve()
    kept = Path(InboundFile.objects.get().file.path)
    assert kept.read_bytes() == PICTURE
    with django_capture_on_commit_callbacks(execute=True):
        person.delete()
    assert not kept.exists()
