"""What a role may not do is neither done nor offered. Who may open which address: the table of docs/security.md."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from messaging.models import Chat
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, request_broadcast
from tests.security.table import rows

pytestmark = pytest.mark.django_db
SHOWN = ("broadcasts", "broadcast", "dashboard", "templates", "template", "automation", "chats", "chat")


class Place:
    """A program with one of everything that these pages are about."""

    def __init__(self) -> None:
        self.owner: Membership = MembershipFactory.create(role=Role.OWNER)
        (person,) = people(self.owner, 1)
        program = self.owner.program
        self.channel = ChannelFactory.create(program=program)
        self.template = TemplateFactory.create(program=program)
        self.parts: dict[str, Any] = {
            "broadcast": request_broadcast(self.owner, self.channel).pk,
            "channel": self.channel.pk,
            "template": self.template.pk,
            "automation": self.template.pk,
            "chat": Chat.objects.create(program=program, channel=self.channel, influencer=person).pk,
        }

    def address(self, name: str) -> str:
        """The page's address, with the number of what it is about, if it is about one thing."""
        slug = self.owner.program.slug
        part = self.parts.get(name.partition("-")[0])
        about_all = name == "automation" or name.endswith(
            ("-new", "-check", "-left-out", "-discard", "-preview", "-preview-html")
        )
        more = () if part is None or (about_all and name != "channel-check") else (part,)
        fate = ("delivered",) if name == "broadcast-decide" else ()
        return reverse(name, args=[slug, *more, *fate])


@pytest.fixture
def place(redis_db: Any) -> Place:
    return Place()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER])
def test_only_owners_change_a_channel(client: Client, place: Place, role: Role) -> None:
    client.force_login(MembershipFactory.create(program=place.owner.program, role=role).user)
    response = client.post(place.address("channel"), {"name": "Stolen", "connections": 1})
    assert response.status_code == 403
    place.channel.refresh_from_db()
    assert place.channel.name != "Stolen"


def test_only_managers_change_a_template(client: Client, place: Place) -> None:
    client.force_login(MembershipFactory.create(program=place.owner.program, role=Role.VIEWER).user)
    assert client.post(place.address("template"), {"name": "Stolen", "body": "x"}).status_code == 403
    place.template.refresh_from_db()
    assert place.template.name != "Stolen"


def test_a_viewer_sees_no_buttons_that_are_not_for_viewers(client: Client, place: Place) -> None:
    closed = {row.name for row in rows() if row.answers["viewer"] == "no"}
    closed -= {row.name for row in rows() if row.answers["viewer"] == "yes"}
    others = [name for name in closed if name.partition("-")[0] in place.parts and name != "channel-new"]
    addresses = {place.address(name) for name in others}
    assert len(addresses) >= 14
    client.force_login(MembershipFactory.create(program=place.owner.program, role=Role.VIEWER).user)
    for name in SHOWN:
        text = client.get(place.address(name)).content.decode().split("<main")[1]
        assert not [address for address in addresses if f'"{address}"' in text], name
