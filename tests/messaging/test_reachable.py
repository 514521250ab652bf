"""Channels don't connect into our own network, and what they say of it is the same whatever is there."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from messaging.models import Channel
from messaging.providers.http_calls import NotReached, call, clients
from messaging.services import ChannelInvalid, channel_check
from tests.factories import MembershipFactory
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import smtp_channel

LOOK_UP = socket.getaddrinfo
WORDS = "isn't known out in the internet"
INSIDE = [
    "localhost",
    "127.0.0.1",
    "10.0.0.7",
    "169.254.169.254",
    "::1",
    "2130706433",
    "0x7f.1",
    "nowhere.invalid",
]


@pytest.fixture(autouse=True)
def an_internet_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody outside is asked for what nobody can know: without a network that takes longer than a check may."""

    def look_up(host: Any, *args: Any, **more: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return LOOK_UP(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def nothing_allowed(settings: Any) -> None:
    settings.CHANNEL_ALLOWED_HOSTS = []


@pytest.fixture
def owner(db: None) -> Membership:
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


def said_of(channel: Channel, host: str) -> str:
    channel.settings = {**channel.settings, "host": host}
    channel.save()
    with pytest.raises(ChannelInvalid) as refused:
        channel_check(channel=channel)
    return str(refused.value).replace(host, "HOST")


@pytest.mark.usefixtures("nothing_allowed")
def test_what_is_inside_and_what_nobody_knows_are_told_alike_and_not_connected_to(
    owner: Membership, smtp_server: SmtpServer
) -> None:
    channel = smtp_channel(owner, smtp_server)
    said = {said_of(channel, host) for host in INSIDE}
    assert len(said) == 1
    assert WORDS in said.pop()
    assert smtp_server.connections == 0


@pytest.mark.parametrize(
    ("allowed", "works"), [("{host}", True), ("{host}:{port}", True), ("{host}:1", False)]
)
def test_settings_name_what_may_be_reached_inside(
    allowed: str, works: bool, owner: Membership, smtp_server: SmtpServer, settings: Any
) -> None:
    channel = smtp_channel(owner, smtp_server)
    settings.CHANNEL_ALLOWED_HOSTS = [allowed.format(host=smtp_server.host, port=smtp_server.port)]
    if works:
        assert channel_check(channel=channel)
    else:
        with pytest.raises(ChannelInvalid, match=WORDS):
            channel_check(channel=channel)


@pytest.mark.usefixtures("nothing_allowed")
def test_a_name_with_one_address_inside_is_not_connected_to(
    owner: Membership, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(host: str, port: int, *_rest: Any, **_more: Any) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("203.0.113.1" if one else "127.0.0.1", port)) for one in (1, 0)]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert WORDS in said_of(smtp_channel(owner, smtp_server), "mail.example")


@pytest.mark.usefixtures("nothing_allowed")
@pytest.mark.parametrize(
    ("type", "field", "value"),
    [
        ("smtp", "host", "10.0.0.7"),
        ("smtp", "host", "localhost"),
        ("whatsapp", "base_url", "https://10.0.0.7"),
        ("whatsapp", "base_url", "http://127.0.0.1:8000"),
        ("twilio", "base_url", "https://[::1]/"),
        ("anymail", "api_url", "https://169.254.169.254/"),
    ],
)
def test_the_form_says_so_where_it_can_be_told_from_what_is_written(
    type: str, field: str, value: str, owner: Membership, client: Client
) -> None:
    client.force_login(owner.user)
    address = reverse("channel-new", args=[owner.program.slug, type])
    page = client.post(address, {"name": "A", field: value})
    text = page.content.decode()
    assert "known out in the internet" in text
    assert "CHANNEL_ALLOWED_HOSTS" in text
    assert not Channel.objects.exists()


@pytest.mark.usefixtures("nothing_allowed")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "nowhere.invalid"])
def test_an_api_inside_is_not_called(host: str) -> None:
    async def ask() -> None:
        try:
            await call((1, "x"), "GET", f"https://{host}:9/")
        finally:
            await clients().close()

    with pytest.raises(NotReached, match=WORDS):
        asyncio.run(ask())
