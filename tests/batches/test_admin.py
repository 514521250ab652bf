"""The admin of the engine: every page opens with rows on it, nothing can be edited, and support's actions act."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from batchadmin.accounts.models import User
from batches.models import BatchEvent, BatchRequest, Claim, Notice, WorkerLease
from batches.services import event_record
from batches.states import BatchStatus
from tests.batches.factories import NoticeFactory, make_membership_batch
from tests.factories import MembershipFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds", "redis_db")]

MODELS = ["batchrequest", "batchevent", "notice", "workerlease", "claim"]


@pytest.fixture
def staff(client: Client) -> User:
    """A superuser who is logged in."""
    user = UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def batch() -> BatchRequest:
    """A batch with one row in every table around it."""
    member = MembershipFactory.create()
    made = make_membership_batch(member, succeeded=1, pending=3)
    event_record(batch=made, what="requested", who=member.user.email)
    NoticeFactory.create(batch=made, user=member.user)
    worker = WorkerLease.objects.create(id="7d444840-9dc0-11d1-b245-5ffdce74fad2", host="here", pid=1)
    Claim.objects.create(worker=worker, batch=made, keys=[2, 3])
    return made


ROWS: dict[str, type[Model]] = {
    "batchrequest": BatchRequest,
    "batchevent": BatchEvent,
    "notice": Notice,
    "workerlease": WorkerLease,
    "claim": Claim,
}


@pytest.mark.parametrize("model", MODELS)
def test_every_list_opens_with_a_row(client: Client, staff: User, batch: BatchRequest, model: str) -> None:
    response = client.get(reverse(f"admin:batches_{model}_changelist"))
    assert response.status_code == 200
    assert len(response.context["cl"].result_list) == 1


@pytest.mark.parametrize("model", MODELS)
def test_every_row_opens_and_nothing_can_be_edited(
    client: Client, staff: User, batch: BatchRequest, model: str
) -> None:
    row = ROWS[model]._default_manager.get()
    response = client.get(reverse(f"admin:batches_{model}_change", args=[row.pk]))
    assert response.status_code == 200
    assert 'name="_save"' not in response.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_added_or_deleted(
    client: Client, staff: User, batch: BatchRequest, model: str
) -> None:
    row = ROWS[model]._default_manager.get()
    assert client.get(reverse(f"admin:batches_{model}_add")).status_code == 403
    assert client.post(reverse(f"admin:batches_{model}_delete", args=[row.pk])).status_code == 403


@pytest.mark.parametrize("words", ["confirmed", "glow", "12", "person"])
def test_searching_batches_works(client: Client, staff: User, batch: BatchRequest, words: str) -> None:
    assert client.get(reverse("admin:batches_batchrequest_changelist"), {"q": words}).status_code == 200


def test_the_list_of_batches_takes_as_many_queries_for_many_as_for_one(
    client: Client, staff: User, batch: BatchRequest, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = reverse("admin:batches_batchrequest_changelist")
    # session, user, programs to filter by, bounded count, batches
    with django_assert_num_queries(5):
        client.get(address)
    for _ in range(10):
        make_membership_batch(MembershipFactory.create(program=batch.program))
    with django_assert_num_queries(5):
        client.get(address)


def test_staff_stop_a_batch_in_their_own_name(client: Client, staff: User, batch: BatchRequest) -> None:
    Notice.objects.all().delete()  # the batch is about to end, and to write its own
    data = {"action": "stop", "_selected_action": [batch.pk], "confirmed": "yes"}
    client.post(reverse("admin:batches_batchrequest_changelist"), data)
    batch.refresh_from_db()
    assert (batch.status, batch.stopped_by) == (BatchStatus.STOPPED, staff)


def test_the_questions_own_form_names_those_that_were_chosen_whatever_their_numbers(
    client: Client, staff: User
) -> None:
    batch = make_membership_batch(MembershipFactory.create(), id=1_234_567, pending=3)
    address = reverse("admin:batches_batchrequest_changelist")
    question = client.post(address, {"action": "stop", "_selected_action": [batch.pk]}).content.decode()
    chosen = re.findall(r'name="_selected_action" value="([^"]*)"', question)
    client.post(address, {"action": "stop", "_selected_action": chosen, "confirmed": "yes"})
    batch.refresh_from_db()
    assert batch.status == BatchStatus.STOPPED


def test_staff_resume_an_overdue_batch(client: Client, staff: User) -> None:
    batch = make_membership_batch(MembershipFactory.create(), pending=3, status=BatchStatus.OVERDUE)
    data = {"action": "resume", "_selected_action": [batch.pk], "confirmed": "yes"}
    client.post(reverse("admin:batches_batchrequest_changelist"), data)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.QUEUED


def test_what_cannot_be_done_is_said_for_each_batch(client: Client, staff: User) -> None:
    batch = make_membership_batch(MembershipFactory.create())
    data = {"action": "stop", "_selected_action": [batch.pk], "confirmed": "yes"}
    response = client.post(reverse("admin:batches_batchrequest_changelist"), data, follow=True)
    assert ": It has ended already" in response.content.decode()


def test_staff_who_may_only_look_have_no_actions(client: Client, batch: BatchRequest) -> None:
    user = UserFactory.create(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_batchrequest"))
    client.force_login(user)
    address = reverse("admin:batches_batchrequest_changelist")
    assert "Stop, also what pages" not in client.get(address).content.decode()
    client.post(address, {"action": "stop", "_selected_action": [batch.pk], "confirmed": "yes"})
    batch.refresh_from_db()
    assert batch.status == BatchStatus.PROCESSING
