"""Who may open which page: an outsider none, a viewer those to read, a manager those to act, an owner all."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from messaging.models import Attachment, Broadcast, Channel, Chat, Template
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, request_broadcast

pytestmark = pytest.mark.django_db

VIEWER, MANAGER, OWNER = Role.VIEWER, Role.MANAGER, Role.OWNER
# name: (who may, by which method, what the address needs)
PAGES: dict[str, tuple[Role, str, list[str]]] = {
    "dashboard": (VIEWER, "get", []),
    "search": (VIEWER, "get", []),
    "broadcasts": (VIEWER, "get", []),
    "broadcast": (VIEWER, "get", ["broadcast"]),
    "broadcast-export": (VIEWER, "get", ["broadcast"]),
    "broadcast-recipient": (VIEWER, "get", ["broadcast", "influencer"]),
    "chat": (VIEWER, "get", ["chat"]),
    "influencer-messages": (VIEWER, "get", ["influencer"]),
    "templates": (VIEWER, "get", []),
    "template-html": (VIEWER, "get", ["template"]),
    "automation": (VIEWER, "get", []),
    "automation-template": (VIEWER, "get", ["template"]),
    "automation-send-late": (MANAGER, "get", ["template"]),
    "automation-leave-late": (MANAGER, "get", ["template"]),
    "chats": (VIEWER, "get", []),
    "attachment": (VIEWER, "get", ["attachment"]),
    "channels": (VIEWER, "get", []),
    "channel": (VIEWER, "get", ["channel"]),
    "broadcast-new": (MANAGER, "get", []),
    "broadcast-check": (MANAGER, "post", []),
    "broadcast-left-out": (MANAGER, "post", []),
    "broadcast-discard": (MANAGER, "post", []),
    "broadcast-change": (MANAGER, "get", ["broadcast"]),
    "broadcast-restart": (MANAGER, "get", ["broadcast"]),
    "broadcast-restart-edit": (MANAGER, "get", ["broadcast"]),
    "broadcast-decide": (MANAGER, "get", ["broadcast", "fate"]),
    "chat-reply": (MANAGER, "post", ["chat"]),
    "template": (VIEWER, "get", ["template"]),
    "template-new": (MANAGER, "get", []),
    "template-copy": (MANAGER, "post", ["template"]),
    "template-preview": (MANAGER, "post", []),
    "template-preview-html": (MANAGER, "post", []),
    "channel-check": (MANAGER, "post", ["channel"]),
    "channel-new": (OWNER, "get", ["type"]),
    "channel-pause": (OWNER, "get", ["channel"]),
    "channel-resume": (OWNER, "post", ["channel"]),
}


class Place:
    """A program with one of everything."""

    def __init__(self) -> None:
        self.owner: Membership = MembershipFactory.create(role=OWNER)
        (person,) = people(self.owner, 1)
        self.channel: Channel = ChannelFactory.create(program=self.owner.program)
        self.template: Template = TemplateFactory.create(program=self.owner.program)
        self.broadcast: Broadcast = request_broadcast(self.owner, self.channel)
        self.chat = Chat.objects.create(program=self.owner.program, channel=self.channel, influencer=person)
        self.attachment = Attachment.objects.create(
            program=self.owner.program, name="a.txt", size=1, file=SimpleUploadedFile("a.txt", b"a")
        )
        self.parts: dict[str, Any] = {
            "broadcast": self.broadcast.pk,
            "channel": self.channel.pk,
            "template": self.template.pk,
            "chat": self.chat.pk,
            "influencer": person.pk,
            "attachment": self.attachment.pk,
            "fate": "delivered",
            "type": "sandbox",
        }

    def address(self, name: str, slug: str = "") -> str:
        parts = [self.parts[part] for part in PAGES[name][2]]
        return reverse(name, args=[slug or self.owner.program.slug, *parts])


@pytest.fixture
def place(redis_db: Any, settings: Any, tmp_path: Any) -> Place:
    settings.MEDIA_ROOT = tmp_path
    return Place()


def ask(client: Client, place: Place, name: str, slug: str = "") -> int:
    method = getattr(client, PAGES[name][1])
    return int(method(place.address(name, slug)).status_code)


@pytest.mark.parametrize("name", PAGES)
def test_without_a_log_in_the_log_in_page_comes_first(client: Client, place: Place, name: str) -> None:
    assert ask(client, place, name) == 302


@pytest.mark.parametrize("name", PAGES)
def test_somebody_of_another_program_finds_nothing(client: Client, place: Place, name: str) -> None:
    client.force_login(MembershipFactory.create(role=OWNER).user)
    assert ask(client, place, name) == 404


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page[2] not in ([], ["type"])])
def test_nothing_of_another_program_is_found_under_ones_own(client: Client, place: Place, name: str) -> None:
    other = MembershipFactory.create(role=OWNER)
    client.force_login(other.user)
    assert ask(client, place, name, slug=other.program.slug) == 404


@pytest.mark.parametrize("role", [VIEWER, MANAGER, OWNER])
@pytest.mark.parametrize("name", PAGES)
def test_a_role_opens_what_it_covers_and_no_more(client: Client, place: Place, name: str, role: Role) -> None:
    client.force_login(MembershipFactory.create(program=place.owner.program, role=role).user)
    status = ask(client, place, name)
    if role.covers(PAGES[name][0]):
        assert status in (200, 204, 302, 422)
    else:
        assert status == 403


@pytest.mark.parametrize("role", [VIEWER, MANAGER])
def test_only_owners_change_a_channel(client: Client, place: Place, role: Role) -> None:
    client.force_login(MembershipFactory.create(program=place.owner.program, role=role).user)
    response = client.post(place.address("channel"), {"name": "Stolen", "connections": 1})
    assert response.status_code == 403
    place.channel.refresh_from_db()
    assert place.channel.name != "Stolen"


def test_only_managers_change_a_template(client: Client, place: Place) -> None:
    client.force_login(MembershipFactory.create(program=place.owner.program, role=VIEWER).user)
    assert client.post(place.address("template"), {"name": "Stolen", "body": "x"}).status_code == 403
    place.template.refresh_from_db()
    assert place.template.name != "Stolen"


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page[1] == "post"])
def test_what_changes_something_is_never_done_by_get(client: Client, place: Place, name: str) -> None:
    client.force_login(place.owner.user)
    assert client.get(place.address(name)).status_code == 405


def test_a_viewer_sees_no_buttons_that_are_not_for_viewers(client: Client, place: Place) -> None:
    client.force_login(MembershipFactory.create(program=place.owner.program, role=VIEWER).user)
    for name in (
        "broadcasts",
        "broadcast",
        "dashboard",
        "templates",
        "template",
        "automation",
        "chats",
        "chat",
    ):
        text = client.get(place.address(name)).content.decode().split("<main")[1]
        for other, page in PAGES.items():
            if page[0] != VIEWER:
                assert f'"{place.address(other)}"' not in text, (name, other)
