"""A program with one member of each role, and a stranger who owns another program."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from batchadmin.accounts.models import Membership, Program, User
from batchadmin.accounts.states import Role
from tests.factories import MembershipFactory, ProgramFactory

CSRF = re.compile(rb'X-CSRFToken[^}]*|name="csrfmiddlewaretoken" value="[^"]*"')

LogIn = Callable[[User], Client]


def html(answer: Any) -> bytes:
    """The page without its CSRF tokens, which are never the same twice."""
    return CSRF.sub(b"", answer.content)


@pytest.fixture(autouse=True)
def _nothing_counted_before() -> None:
    """Failed log-ins of other tests don't count."""
    cache.clear()


@pytest.fixture
def program(db: None) -> Program:
    return ProgramFactory.create(name="Glow", slug="glow")


@pytest.fixture
def owner(program: Program) -> Membership:
    return MembershipFactory.create(program=program, role=Role.OWNER, user__full_name="Ana Ferreira")


@pytest.fixture
def manager(program: Program) -> Membership:
    return MembershipFactory.create(program=program, role=Role.MANAGER, user__full_name="Bo Lindqvist")


@pytest.fixture
def viewer(program: Program) -> Membership:
    return MembershipFactory.create(program=program, role=Role.VIEWER, user__full_name="Cy Young")


@pytest.fixture
def outsider(db: None) -> Membership:
    """The owner of another program."""
    return MembershipFactory.create(role=Role.OWNER)


@pytest.fixture
def as_user() -> LogIn:
    """A function that gives a browser in which the user is logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in
