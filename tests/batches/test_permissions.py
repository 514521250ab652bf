"""What pages of batches leave out, and for whom. Who may open which at all: docs/security.md, asked by tests/security."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from batches.states import BatchStatus
from tests.batches.factories import NoticeFactory, make_membership_batch
from tests.batches.kinds import Mailing
from tests.factories import MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds", "redis_db")]


@pytest.fixture
def owner() -> Membership:
    return MembershipFactory.create(role=Role.OWNER)


@pytest.fixture
def batch(owner: Membership) -> BatchRequest:
    """A scheduled batch, with which everything can be done."""
    return make_membership_batch(owner, kind=Mailing, pending=3, status=BatchStatus.SCHEDULED)


def log_in(client: Client, batch: BatchRequest, role: Role) -> None:
    client.force_login(MembershipFactory.create(program=batch.program, role=role).user)


def test_a_viewer_sees_no_buttons(client: Client, batch: BatchRequest) -> None:
    log_in(client, batch, Role.VIEWER)
    html = client.get(reverse("batch", args=[batch.program.slug, batch.pk])).content.decode()
    assert 'id="stop"' not in html
    assert 'id="resume"' not in html


def test_nobody_opens_the_notice_of_another(client: Client, owner: Membership, batch: BatchRequest) -> None:
    notice = NoticeFactory.create(batch=batch, user=owner.user)
    log_in(client, batch, Role.OWNER)
    address = reverse("notice-open", args=[batch.program.slug, notice.pk])
    assert client.post(address).status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_a_poller_without_a_log_in_is_told_so(client: Client, batch: BatchRequest) -> None:
    address = reverse("batch", args=[batch.program.slug, batch.pk])
    assert client.get(address, headers={"HX-Request": "true", "HX-Target": "live"}).status_code == 401
