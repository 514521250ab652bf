"""A program with a manager, a campaign in it, and the engine in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from batchadmin.accounts.models import Membership
from batches.engine.slices import serve
from batches.engine.worker import current_worker, leave
from batches.states import Lane
from campaigns.models import Campaign
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory


@pytest.fixture
def manager(db: None) -> Membership:
    """A manager of a program."""
    return MembershipFactory.create()


@pytest.fixture
def campaign(manager: Membership) -> Campaign:
    """A campaign of the manager's program, with stages Invited, Accepted and Paid."""
    return CampaignFactory.create(program=manager.program)


@pytest.fixture
def browser(manager: Membership, client: Client) -> Client:
    """The manager's browser, logged in."""
    client.force_login(manager.user)
    return client


@pytest.fixture
def work(transactional_db: None, redis_db: Any) -> Iterator[Callable[[], None]]:
    """A function that does the engine's work in this process until nothing is ready."""
    worker = current_worker()

    def until_nothing_is_ready() -> None:
        while serve(list(Lane), worker):
            pass

    yield until_nothing_is_ready
    leave()
