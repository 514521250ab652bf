"""Chats: every conversation in one list, what is unread, and an answer to one person at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import Influencer
from messaging.models import Attachment, Channel, Chat, Message
from messaging.states import Direction, MessageStatus
from messaging.views.chats import MOST_BUBBLES
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, request_broadcast

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]


@pytest.fixture
def browser(member: Membership, client: Client) -> Client:
    """The manager's browser, logged in."""
    client.force_login(member.user)
    return client


@pytest.fixture
def channel(member: Membership) -> Channel:
    """A sandbox."""
    return ChannelFactory.create(program=member.program)


def chat_with(person: Influencer, channel: Channel) -> Chat:
    return Chat.objects.create(program=person.program, influencer=person, channel=channel)


def heard(chat: Chat, body: str, ago: int = 0) -> None:
    """The person wrote, so many minutes ago."""
    at = timezone.now() - timedelta(minutes=ago)
    Message.objects.create(
        chat=chat, direction=Direction.IN, status=MessageStatus.RECEIVED, body=body, queued_at=at
    )
    Chat.objects.filter(pk=chat.pk).update(last_message_at=at, last_inbound_at=at)


def listed(browser: Client, member: Membership, **query: str) -> str:
    page = browser.get(reverse("chats", args=[member.program.slug]), query)
    assert page.status_code == 200
    return " ".join(page.content.decode().replace("&#x27;", "'").split())


def opened(browser: Client, chat: Chat) -> Any:
    return browser.get(reverse("chat", args=[chat.program.slug, chat.pk]))


def test_an_empty_list_says_so(browser: Client, member: Membership) -> None:
    assert "No chat yet" in listed(browser, member)


def test_the_newest_comes_first_with_its_last_words(
    browser: Client, member: Membership, channel: Channel
) -> None:
    ana, bea = people(member, 2)
    heard(chat_with(ana, channel), "An old question", ago=90)
    heard(chat_with(bea, channel), "A new question", ago=1)
    page = listed(browser, member)
    assert page.index("A new question") < page.index("An old question")
    assert channel.name in page


def test_a_subject_is_told_apart_from_the_words_that_follow(
    browser: Client, member: Membership, channel: Channel, send: Send
) -> None:
    people(member, 1, first_name="Ana")
    send(request_broadcast(member, channel, subject="Your box", body="Hi Ana"))
    assert "Your box · Hi Ana" in listed(browser, member)


def test_a_chat_shows_the_address_that_its_channel_writes_to(browser: Client, member: Membership) -> None:
    person = people(member, 1, email="ana@example.com", msisdn="4915112345678")[0]
    phone = ChannelFactory.create(program=member.program, name="Texts", type="twilio")
    page = opened(browser, chat_with(person, phone)).content.decode()
    assert "<bdi>+4915112345678</bdi>, <bdi>Texts</bdi>" in page
    assert "ana@example.com" not in page


def test_what_was_written_since_somebody_looked_is_unread(
    browser: Client, member: Membership, channel: Channel
) -> None:
    (ana,) = people(member, 1)
    chat = chat_with(ana, channel)
    heard(chat, "One")
    heard(chat, "Two")
    assert "2 new" in listed(browser, member)
    assert "1 chat has something unread." in listed(browser, member)
    opened(browser, chat)
    assert "Everything has been read." in listed(browser, member)
    heard(chat, "Three")
    assert "1 new" in listed(browser, member)


def test_a_viewers_look_leaves_it_unread(member: Membership, channel: Channel, client: Client) -> None:
    (ana,) = people(member, 1)
    chat = chat_with(ana, channel)
    heard(chat, "One")
    client.force_login(MembershipFactory.create(program=member.program, role=Role.VIEWER).user)
    assert opened(client, chat).status_code == 200
    assert "1 new" in listed(client, member)


def test_search_channel_and_unread_narrow_the_list_down(
    browser: Client, member: Membership, channel: Channel
) -> None:
    other = ChannelFactory.create(program=member.program)
    (ana,) = people(member, 1, first_name="Ana")
    (bea,) = people(member, 1, first_name="Bea", last_name="Lund")
    heard(chat_with(ana, channel), "from Ana")
    chat_with(bea, other)
    assert "from Ana" not in listed(browser, member, q="lund")
    assert "Bea Lund" in listed(browser, member, q="lund")
    assert "Bea Lund" not in listed(browser, member, channel=str(channel.pk))
    assert "Bea Lund" not in listed(browser, member, show="unread")
    assert "No match" in listed(browser, member, q="nobody")


def test_nonsense_in_the_address_is_said(browser: Client, member: Membership) -> None:
    assert "alert-warning" in listed(browser, member, channel="999999")


def test_other_programs_chats_are_not_in_it(browser: Client, member: Membership) -> None:
    other = MembershipFactory.create()
    (person,) = people(other, 1)
    heard(chat_with(person, ChannelFactory.create(program=other.program)), "A secret")
    assert "A secret" not in listed(browser, member)


def test_files_that_went_along_are_in_the_bubble(
    browser: Client, member: Membership, channel: Channel, send: Send, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    people(member, 1)
    template = TemplateFactory.create(program=member.program)
    file = Attachment.objects.create(
        program=member.program, name="brief.pdf", size=3, file=SimpleUploadedFile("brief.pdf", b"pdf")
    )
    template.attachments.add(file)
    send(request_broadcast(member, channel, template=template))
    page = opened(browser, Chat.objects.get()).content.decode()
    assert "brief.pdf" in page
    assert reverse("attachment", args=[member.program.slug, file.pk]) in page


@pytest.mark.parametrize(("kind", "asked"), [("sandbox", True), ("whatsapp", False), ("twilio", False)])
def test_a_reply_has_a_subject_where_messages_have_one(
    browser: Client, member: Membership, kind: str, asked: bool
) -> None:
    (ana,) = people(member, 1)
    chat = chat_with(ana, ChannelFactory.create(program=member.program, type=kind))
    assert ('name="subject"' in opened(browser, chat).content.decode()) is asked


def asked_live(browser: Client, path: str, version: str) -> Any:
    headers = {"HX-Request": "true", "HX-Target": "live", "HX-Live-Version": version}
    return browser.get(path, headers=headers)


def test_an_open_chat_shows_what_comes_by_itself(
    browser: Client, member: Membership, channel: Channel, send: Send
) -> None:
    people(member, 1)
    broadcast = request_broadcast(member, channel)
    send(broadcast)
    chat = Chat.objects.get()
    paths = [
        reverse("chat", args=[member.program.slug, chat.pk]),
        reverse("broadcast-recipient", args=[member.program.slug, broadcast.pk, chat.influencer_id]),
    ]
    for path in paths:
        version = browser.get(path)["HX-Live-Version"]
        assert asked_live(browser, path, version).status_code == 204
        Message.objects.update(status="delivered", delivered_at=timezone.now())
        changed = asked_live(browser, path, version)
        assert "Delivered" in changed.content.decode()
        assert "<html" not in changed.content.decode()
        heard(chat, "Thank you!")
        assert "Thank you!" in asked_live(browser, path, changed["HX-Live-Version"]).content.decode()
        Message.objects.filter(direction="in").delete()
        Message.objects.update(status="sent", delivered_at=None)


@pytest.mark.workers
def test_an_answer_goes_out_while_the_page_waits(
    browser: Client, member: Membership, channel: Channel, worker_pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.views.sent.WAIT_SECONDS", 120.0)  # however busy the worker's machine is
    worker_pool(count=1)
    (ana,) = people(member, 1)
    chat = chat_with(ana, channel)
    heard(chat, "A question")
    answer = browser.post(reverse("chat-reply", args=[member.program.slug, chat.pk]), {"body": "An answer"})
    assert answer["Location"] == reverse("chat", args=[member.program.slug, chat.pk])
    page = browser.get(answer["Location"]).content.decode()
    assert page.index("A question") < page.index("An answer")
    message = Message.objects.get(direction="out")
    assert message.status in ("sent", "delivered", "read")
    assert BatchRequest.objects.get().lane == "express"


def test_older_messages_are_reached_page_by_page_and_none_is_left_out(
    browser: Client, member: Membership, channel: Channel
) -> None:
    chat = chat_with(people(member, 1)[0], channel)
    for number in range(2 * MOST_BUBBLES + 1):
        heard(chat, f"Message {number}.")
    shown: list[str] = []
    page = opened(browser, chat).content.decode()
    for left in (True, True, False):
        shown = [*re.findall(r"Message \d+\.", page), *shown]
        older = re.search(r'href="([^"]*\?before=\d+)"', page)
        assert bool(older) == left
        page = browser.get(older[1]).content.decode() if older else ""
    assert shown == [f"Message {number}." for number in range(2 * MOST_BUBBLES + 1)]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "٣", ""])
def test_an_address_that_names_no_message_shows_the_newest(
    browser: Client, member: Membership, channel: Channel, before: str
) -> None:
    chat = chat_with(people(member, 1)[0], channel)
    heard(chat, "The newest")
    address = reverse("chat", args=[member.program.slug, chat.pk])
    assert b"The newest" in browser.get(address, {"before": before}).content


def test_older_messages_of_another_program_are_not_found(browser: Client, channel: Channel) -> None:
    stranger = MembershipFactory.create()
    theirs = chat_with(people(stranger, 1)[0], ChannelFactory.create(program=stranger.program))
    heard(theirs, "Not for you")
    for program in (channel.program, stranger.program):
        address = reverse("chat", args=[program.slug, theirs.pk])
        assert browser.get(address, {"before": "999999999"}).status_code == 404
