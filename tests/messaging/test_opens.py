"""Opened messages where no provider reports any: only if an owner wants it, and told by a picture that nobody can forge."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from messaging.models import Broadcast, Channel, Message, Receipt
from messaging.opens import pixel_is_genuine, pixel_put, pixel_url
from messaging.receipt_rhythm import receipts_new_apply
from tests.factories import MembershipFactory
from tests.fixtures.smtp import DROP, SmtpServer
from tests.messaging.factories import TemplateFactory, people, request_broadcast, smtp_channel

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
PICTURE = re.compile(r'<img src="([^"]+/o/[^"]+)"')


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    """A site that recipients can find."""
    settings.BASE_URL, settings.BASE_URL_IS_SET = "https://mail.glow.example", True


@pytest.fixture
def channel(member: Membership, smtp_server: SmtpServer) -> Channel:
    """A mail server, and an owner who wants to know."""
    made = smtp_channel(member, smtp_server)
    made.settings["open_pixel"] = True
    made.save()
    return made


def html_of(server: SmtpServer, number: int = 0) -> str:
    part = server.messages[number].parsed.get_body(("html",))
    return str(part.get_content()).replace("\n", "") if part else ""


def picture_in(html: str) -> str:
    """The path of the picture in a message."""
    found = PICTURE.search(html)
    assert found
    return urlsplit(found[1]).path


def asked(member: Membership, channel: Channel, html: str = "<p>Hi</p>") -> Broadcast:
    """A broadcast of a template with HTML."""
    template = TemplateFactory.create(program=member.program, body="Hi", html=html)
    return request_broadcast(member, channel, body="Hi", template=template)


def one_sent(member: Membership, channel: Channel, send: Send, html: str = "<p>Hi</p>") -> Broadcast:
    people(member, 1)
    broadcast = asked(member, channel, html)
    send(broadcast)
    return broadcast


def told(address: str) -> Any:
    """The answer to a mail program, which asks over https here; and what it said has come to the message."""
    answer = Client().get(address, secure=True)
    receipts_new_apply()  # what a worker is called to
    return answer


def test_opening_a_message_counts_it_as_read_once(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    broadcast = one_sent(member, channel, send)
    address = picture_in(html_of(smtp_server))
    for _time in range(3):
        answer = told(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    assert len(answer.content) < 50
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    message = Message.objects.get()
    assert (message.status, Receipt.objects.count()) == ("read", 1)
    assert message.read_at is not None
    broadcast.refresh_from_db()
    assert broadcast.read == 1


def test_each_person_has_a_picture_of_their_own(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    people(member, 2)
    send(asked(member, channel))
    first, second = (picture_in(html_of(smtp_server, number)) for number in (0, 1))
    assert first != second
    told(first)
    assert Message.objects.filter(status="read").count() == 1


def test_nothing_is_put_in_unless_an_owner_asks_for_it(
    member: Membership, smtp_server: SmtpServer, send: Send
) -> None:
    one_sent(member, smtp_channel(member, smtp_server), send)
    assert "<img" not in html_of(smtp_server)


def test_a_message_of_plain_text_stays_plain(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    one_sent(member, channel, send, html="")
    assert b"/o/" not in smtp_server.messages[0].raw
    assert not smtp_server.messages[0].parsed.is_multipart()


def test_without_an_address_of_the_site_nothing_is_put_in(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer, settings: Any
) -> None:
    settings.BASE_URL_IS_SET = False
    one_sent(member, channel, send)
    assert "<img" not in html_of(smtp_server)


def test_a_forged_address_is_refused_counted_and_moves_nothing(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    one_sent(member, channel, send)
    other = smtp_channel(member, smtp_server)
    genuine = picture_in(html_of(smtp_server))
    key = Message.objects.get().key
    forged = [
        genuine[:-3] + ("AA/" if genuine[-3:] != "AA/" else "BB/"),
        genuine.replace(f"-{key}.", f"-{(key or 0) + 1}."),
        genuine.replace(str(channel.public_id), str(other.public_id)),
        f"/o/{channel.public_id}/x/",
        f"/o/{channel.public_id}/../",
    ]
    assert [told(address).status_code for address in forged[:4]] == [403, 403, 403, 403]
    assert told(forged[4]).status_code in (403, 404)
    channel.refresh_from_db()
    assert channel.bad_signatures >= 3
    assert not Receipt.objects.exists()
    assert told(f"/o/{'0' * 8}-0000-4000-8000-{'0' * 12}/x/").status_code == 404


def test_only_looking_at_the_address_or_posting_to_it_notes_nothing(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    one_sent(member, channel, send)
    address = picture_in(html_of(smtp_server))
    assert Client().head(address, secure=True).status_code == 200
    assert Client().post(address, secure=True).status_code == 405
    assert not Receipt.objects.exists()


def test_a_channel_told_to_stop_notes_no_more_not_even_of_old_messages(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    one_sent(member, channel, send)
    channel.settings["open_pixel"] = False
    channel.save()
    assert told(picture_in(html_of(smtp_server))).status_code == 200
    assert not Receipt.objects.exists()


def test_opening_settles_a_message_whose_answer_was_lost(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    smtp_server.on_data = lambda message: DROP
    broadcast = one_sent(member, channel, send)
    broadcast.batch.refresh_from_db()
    assert broadcast.batch.unknown == 1
    told(picture_in(html_of(smtp_server)))
    broadcast.batch.refresh_from_db()
    assert (broadcast.batch.unknown, broadcast.batch.succeeded) == (0, 1)


def test_pages_say_opened_of_sent_and_never_that_nothing_was_delivered(
    member: Membership, channel: Channel, send: Send, smtp_server: SmtpServer
) -> None:
    people(member, 2)
    broadcast = asked(member, channel)
    send(broadcast)
    told(picture_in(html_of(smtp_server)))
    browser = Client()
    browser.force_login(member.user)

    def page(name: str, *args: Any) -> str:
        found = browser.get(reverse(name, args=[member.program.slug, *args]), secure=True)
        return " ".join(found.content.decode().split())

    log = page("broadcast", broadcast.pk)
    assert "1 opened (50% of 2 sent)" in log
    assert "delivered (" not in log
    logs = page("broadcasts")
    assert "50%" in logs.split('id="read-')[1]
    assert "of sent" in logs.split('id="read-')[1]
    assert "not reported" in logs.split('id="delivered-')[1].split('id="read-')[0]


def test_only_owners_turn_it_on_and_the_form_says_what_it_means(
    channel: Channel, settings: Any, member: Membership
) -> None:
    Channel.objects.update(settings={**channel.settings, "open_pixel": False})
    address = reverse("channel", args=[channel.program.slug, channel.pk])
    wanted = {"name": channel.name, "connections": 4, **channel.settings, "open_pixel": "on"}
    for role in (Role.VIEWER, Role.MANAGER):
        other = Client()
        other.force_login(MembershipFactory.create(program=channel.program, role=role).user)
        assert other.post(address, wanted, secure=True).status_code == 403
    owner = Client()
    owner.force_login(MembershipFactory.create(program=channel.program, role=Role.OWNER).user)
    assert "privacy notice" in owner.get(address, secure=True).content.decode()

    settings.BASE_URL_IS_SET = False
    refused = owner.post(address, wanted, secure=True)
    assert refused.status_code == 422
    assert "BASE_URL" in refused.content.decode()
    assert Channel.objects.get().settings["open_pixel"] is False

    settings.BASE_URL_IS_SET = True
    assert owner.post(address, wanted, secure=True).status_code == 302
    assert Channel.objects.get().settings["open_pixel"] is True
    assert "No message has been opened yet." in owner.get(address, secure=True).content.decode()


@pytest.mark.parametrize(
    ("html", "rest"),
    [
        ("<p>Hi</p>", ("<p>Hi</p>", "")),
        ("<html><body>Hi</BODY ></html>", ("<html><body>Hi", "</BODY ></html>")),
        ("<p>write &lt;/body&gt;</p>", ("<p>write &lt;/body&gt;</p>", "")),
    ],
)
def test_the_picture_stands_at_the_end_of_the_body(html: str, rest: tuple[str, str]) -> None:
    found = pixel_put(html, "https://mail.glow.example/o/x/")
    assert found.startswith(rest[0] + "<img ")
    assert found.endswith(">" + rest[1])


def test_an_address_outlives_a_change_of_the_secret_key(channel: Channel, settings: Any) -> None:
    token = pixel_url(channel, "b1-1").split("/")[-2]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert pixel_is_genuine(channel, token)
    settings.SECRET_KEY_FALLBACKS = []
    assert not pixel_is_genuine(channel, token)
