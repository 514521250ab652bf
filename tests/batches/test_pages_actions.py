"""Stopping a batch and having one go on, from its page: a question in numbers first, then the deed, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchEvent, BatchRequest
from batches.states import BatchStatus
from tests.batches.factories import make_membership_batch
from tests.batches.kinds import Mailing
from tests.factories import MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds", "redis_db")]

Make = Callable[..., BatchRequest]


@pytest.fixture
def member(client: Client) -> Membership:
    """A manager who is logged in."""
    membership = MembershipFactory.create()
    client.force_login(membership.user)
    return membership


@pytest.fixture
def make(member: Membership) -> Make:
    return lambda **more: make_membership_batch(member, **more)


def address(batch: BatchRequest, name: str = "batch") -> str:
    return reverse(name, args=[batch.program.slug, batch.pk])


def test_the_question_before_a_stop_says_the_consequence(client: Client, make: Make) -> None:
    batch = make(kind=Mailing, succeeded=4_210, pending=5_790)
    html = client.get(address(batch, "batch-stop")).content.decode()
    assert "4,210 of 10,000 have gone out and can&#x27;t be recalled. 5,790 won&#x27;t be sent." in html
    assert "Stop now" in html
    assert "Keep sending" in html


def test_the_question_about_what_is_planned_has_no_bare_cancel(client: Client, make: Make) -> None:
    batch = make(kind=Mailing, pending=3, status=BatchStatus.SCHEDULED)
    buttons = client.get(address(batch, "batch-stop")).content.decode()
    assert "Cancel it</button>" in buttons
    assert "Keep it</a>" in buttons


def test_asking_stops_nothing(client: Client, make: Make) -> None:
    batch = make(kind=Mailing, pending=3)
    client.get(address(batch, "batch-stop"))
    batch.refresh_from_db()
    assert batch.status == BatchStatus.PROCESSING


def test_stop_stops(client: Client, make: Make, member: Membership) -> None:
    batch = make(kind=Mailing, succeeded=1, pending=3)
    response = client.post(address(batch, "batch-stop"))
    assert response["Location"] == address(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.not_sent, batch.stopped_by) == (BatchStatus.STOPPED, 3, member.user)


def test_a_second_stop_changes_nothing(client: Client, make: Make) -> None:
    batch = make(kind=Mailing, pending=3)
    for _ in range(2):
        response = client.post(address(batch, "batch-stop"))
        assert not list(get_messages(response.wsgi_request))
    assert BatchEvent.objects.filter(batch=batch, what="stop_requested").count() == 1


def test_a_workflow_update_cannot_be_stopped_here(client: Client, make: Make) -> None:
    batch = make(pending=3)
    page = client.get(address(batch)).content.decode()
    assert "Can't be stopped here." in page
    assert address(batch, "batch-stop") not in page
    response = client.post(address(batch, "batch-stop"), follow=True)
    assert "can&#x27;t be stopped here" in response.content.decode()
    batch.refresh_from_db()
    assert batch.status == BatchStatus.PROCESSING


def test_a_batch_that_has_ended_says_so_instead_of_asking(client: Client, make: Make) -> None:
    response = client.get(address(make(kind=Mailing), "batch-stop"), follow=True)
    assert "It has ended already" in response.content.decode()


def test_a_dialog_that_comes_too_late_leads_back(client: Client, make: Make) -> None:
    batch = make(kind=Mailing)
    response = client.get(address(batch, "batch-stop"), headers={"HX-Request": "true", "HX-Target": "dialog"})
    assert response["HX-Redirect"] == address(batch)


def test_an_overdue_batch_is_sent_now(client: Client, make: Make) -> None:
    batch = make(kind=Mailing, pending=3, status=BatchStatus.OVERDUE, scheduled_for=timezone.now())
    assert "3 messages go out now." in client.get(address(batch, "batch-resume")).content.decode()
    client.post(address(batch, "batch-resume"))
    batch.refresh_from_db()
    assert batch.status == BatchStatus.QUEUED


def test_an_overdue_batch_is_dropped(client: Client, make: Make) -> None:
    batch = make(kind=Mailing, pending=3, status=BatchStatus.OVERDUE, scheduled_for=timezone.now())
    client.post(address(batch, "batch-stop"))
    batch.refresh_from_db()
    assert (batch.status, batch.not_sent) == (BatchStatus.STOPPED, 3)


def test_a_stopped_batch_does_not_go_on(client: Client, make: Make) -> None:
    batch = make(kind=Mailing, not_sent=3, status=BatchStatus.STOPPED)
    response = client.post(address(batch, "batch-resume"), follow=True)
    assert "It is stopped" in response.content.decode()
    batch.refresh_from_db()
    assert batch.status == BatchStatus.STOPPED
