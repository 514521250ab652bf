"""A new manager in an empty program, a mail server, and their browser with real workers behind the site."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from messaging.models import Channel
from messaging.services.channels import channel_save
from tests.factories import MembershipFactory
from tests.fixtures.smtp import SmtpServer
from tests.fixtures.workers import WorkerPool
from tests.road.walker import Walker, walking


@pytest.fixture
def manager(transactional_db: None) -> Membership:
    """A new manager in a program without anything in it."""
    return MembershipFactory.create(
        role=Role.MANAGER,
        user__email="ana@glow.example",
        user__full_name="Ana Manager",
        program__slug="glow",
        program__name="Glow",
    )


@pytest.fixture
def channel(manager: Membership, smtp_server: SmtpServer) -> Channel:
    """The program's mail server, so slow that one comes to press Stop on any machine."""
    return channel_save(
        program=manager.program,
        by=manager.user,
        name="Office mail",
        type="smtp",
        options={"host": smtp_server.host, "port": smtp_server.port, "security": "none"},
        rate=1,
    )


@pytest.fixture
def walker(
    manager: Membership,
    channel: Channel,
    live_server: LiveServer,
    chromium_path: str,
    worker_pool: Callable[..., WorkerPool],
    settings: Settings,
) -> Iterator[Walker]:
    """The manager's browser, with real workers behind the site."""
    settings.BASE_URL = live_server.url
    worker_pool(count=2)
    with walking(chromium_path, live_server.url) as walker:
        yield walker
