"""A program whose tokens call the API over HTTP, and another program that must never be seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from batchadmin.accounts.models import Membership, Program
from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from batches.engine.slices import serve
from batches.engine.worker import current_worker, leave
from batches.states import Lane
from tests.factories import MembershipFactory


@dataclass
class Caller:
    """Another system with a token: `get`, `post` and `patch` answer with Django's response; `.json()` reads it."""

    token: str
    program: Program

    def get(self, path: str, **query: Any) -> Any:
        return self._client().get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self.send("post", path, body, key=key)

    def patch(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self.send("patch", path, body, key=key)

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key} if key is not None else {}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return getattr(self._client(), method)(
            f"/api/v1/{path}", data=raw, content_type="application/json", headers=headers
        )

    def _client(self) -> Client:
        client = Client(raise_request_exception=False)
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        return client


def caller_of(member: Membership, role: Role = Role.MANAGER) -> Caller:
    """A system with a new token of the member's program."""
    _token, text = token_create(program=member.program, role=role, name=f"A {role}", by=member.user)
    return Caller(text, member.program)


@pytest.fixture
def member(db: None, redis_db: Any) -> Membership:
    """The owner of the program."""
    return MembershipFactory.create(role=Role.OWNER, program__name="Glow")


@pytest.fixture
def caller(member: Membership) -> Caller:
    """A system with a manager's token."""
    return caller_of(member)


@pytest.fixture
def viewer(member: Membership) -> Caller:
    """A system with a viewer's token."""
    return caller_of(member, Role.VIEWER)


@pytest.fixture
def stranger(db: None, redis_db: Any) -> Caller:
    """A system with an owner's token of another program."""
    return caller_of(MembershipFactory.create(role=Role.OWNER, program__name="Other"), Role.OWNER)


@pytest.fixture
def work(transactional_db: None, redis_db: Any) -> Iterator[Callable[[], None]]:
    """A function that does the engine's work in this process until nothing is ready."""

    def until_nothing_is_ready() -> None:
        while serve(list(Lane), current_worker()):
            pass

    yield until_nothing_is_ready
    leave()
