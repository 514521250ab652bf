"""Before a member is removed: how many of their batch requests have not ended."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.states import BatchStatus
from tests.batches.factories import make_membership_batch as make
from tests.factories import MembershipFactory

# Counts are set as a running batch would have them, without its items.
pytestmark = [pytest.mark.django_db, pytest.mark.wrong_books, pytest.mark.usefixtures("kinds")]


@pytest.fixture
def leaver() -> Membership:
    return MembershipFactory.create()


def question(client: Client, leaver: Membership) -> str:
    owner = MembershipFactory.create(program=leaver.program, role=Role.OWNER)
    client.force_login(owner.user)
    return client.get(reverse("member-remove", args=[leaver.program.slug, leaver.pk])).text


def test_those_that_have_not_ended_are_counted(client: Client, leaver: Membership) -> None:
    make(leaver, status=BatchStatus.PROCESSING)
    make(leaver, status=BatchStatus.SCHEDULED)
    make(leaver, status=BatchStatus.COMPLETED)
    make(MembershipFactory.create(program=leaver.program), status=BatchStatus.PROCESSING)
    assert "2 batch requests of theirs have not ended, and go on." in question(client, leaver)


def test_one_is_said_as_one(client: Client, leaver: Membership) -> None:
    make(leaver, status=BatchStatus.QUEUED)
    assert "1 batch request of theirs has not ended, and goes on." in question(client, leaver)


def test_where_all_have_ended_nothing_is_said(client: Client, leaver: Membership) -> None:
    make(leaver, status=BatchStatus.COMPLETED)
    page = question(client, leaver)
    assert "lose sight" in page
    assert "of theirs" not in page
