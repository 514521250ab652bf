"""A program with a trigger that can be launched, and a token that may."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from batchadmin.accounts.models import ApiToken, Membership
from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from batches.engine.slices import serve
from batches.engine.sweeper import counts_check
from batches.engine.worker import current_worker, leave
from batches.models import BatchRequest
from batches.states import Lane
from messaging.models import Trigger, TriggerLaunch
from tests.factories import MembershipFactory
from tests.messaging.triggers.factories import trigger_of

API = "/api/v1.1/campaigns/triggers/"
LONGEST = 120.0  # seconds; a busy machine is no fault of what is sent


@pytest.fixture
def manager(db: None, redis_db: Any) -> Membership:
    """A manager of a program."""
    found: Membership = MembershipFactory.create()
    return found


@pytest.fixture
def trigger(manager: Membership) -> Trigger:
    """An active trigger of the program, by a sandbox for e-mail."""
    return trigger_of(manager)


@pytest.fixture
def token_text(manager: Membership) -> str:
    """The text of a manager's token."""
    return token_create(program=manager.program, role=Role.MANAGER, name="Shop", by=manager.user)[1]


@pytest.fixture
def token(token_text: str) -> ApiToken:
    """The manager's token."""
    return ApiToken.objects.get()


@pytest.fixture
def ask(client: Client, token_text: str) -> Callable[..., HttpResponse]:
    """A function that posts a document as JSON with the token: `ask("start_batch", {…}, headers={}) -> response`."""

    def post(endpoint: str, document: dict[str, Any], **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {token_text}", **options.pop("headers", {})}
        return client.post(
            API + endpoint, json.dumps(document), content_type="application/json", headers=headers, **options
        )

    return post


@pytest.fixture
def send(transactional_db: None, redis_db: Any) -> Iterator[Callable[[TriggerLaunch], BatchRequest]]:
    """A function that does the work of a launch in this process until it has ended."""

    def work(launch: TriggerLaunch) -> BatchRequest:
        ends = time.monotonic() + LONGEST
        batch = launch.batch
        assert batch is not None
        batch.refresh_from_db()
        while batch.is_live:
            assert time.monotonic() < ends, f"{batch} did not end: {batch.status}, {batch.wait_reason}"
            if not serve(list(Lane), current_worker(), only=batch.pk):
                time.sleep(0.05)
            batch.refresh_from_db()
        return batch

    yield work
    leave()
    assert counts_check() == []


@pytest.fixture
def browser(manager: Membership, client: Client) -> Client:
    """The manager's browser, logged in."""
    client.force_login(manager.user)
    return client
