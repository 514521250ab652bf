"""Erasing somebody beside others: what waits to be launched, and workers that hold the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from psycopg.errors import DeadlockDetected

from batchadmin.accounts.models import Membership
from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import Erasure, Influencer
from campaigns.services import influencer_create, influencer_erase
from campaigns.signals import influencer_swept
from messaging.models import TriggerLaunch
from messaging.triggers.asked import FileAsked, LaunchAsked
from messaging.triggers.services import launch_carry_out, launch_request
from tests.factories import MembershipFactory
from tests.fixtures.processes import wait_until
from tests.messaging.factories import request_broadcast
from tests.messaging.test_erasing import EMAIL, MARK, client_of, rows_that_say
from tests.messaging.triggers.factories import trigger_of

Send = Callable[..., BatchRequest]


@pytest.fixture
def owner(db: None) -> Membership:
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


@pytest.fixture
def person(owner: Membership) -> Influencer:
    return influencer_create(program=owner.program, by=owner.user, first_name=MARK, email=EMAIL)


def launched(owner: Membership, *data: dict[str, Any], body: str = "Hi", **options: Any) -> TriggerLaunch:
    """A launch of a new trigger for those whom `data` names."""
    token, _text = token_create(program=owner.program, role=Role.MANAGER, name="Shop", by=owner.user)
    later = options.pop("later", False)
    asked = LaunchAsked(trigger_of(owner, body=body).pk, data, **options)
    return launch_request(token=token, by=owner.user, asked=asked, later=later)


def test_a_launch_that_waits_forgets_whom_it_names(
    owner: Membership, person: Influencer, redis_db: Any
) -> None:
    other = influencer_create(program=owner.program, by=owner.user, email="bea@example.com")
    data = [{"email": EMAIL, "custom_data": {"code": MARK}}, {"email": other.email}, {"email": EMAIL.upper()}]
    launch = launched(owner, *data, later=True)
    influencer_erase(influencer=person, by=owner.user)
    assert rows_that_say(MARK) == []
    assert launch_carry_out(launch_id=launch.pk)
    launch.refresh_from_db()
    assert launch.batch is not None
    assert [item.key for item in launch.batch.items.all()] == [other.pk]
    assert [(miss.value, miss.reason) for miss in launch.misses.all()] == [("", "no_value")] * 2


def test_what_another_system_told_about_one_person_goes_with_its_file(
    owner: Membership, person: Influencer, send: Send
) -> None:
    file = FileAsked(name=f"{MARK}.pdf", content_type="application/pdf", data=b"%PDF")
    told = {"to": MARK}
    launch = launched(
        owner, {"email": EMAIL}, body="For {apicontent.to}", content=told, custom_data=told, files=(file,)
    )
    batch = send(launch)
    kept = launch.attachments.get().file
    influencer_erase(influencer=person, by=owner.user)
    assert rows_that_say(MARK) == []
    assert not kept.storage.exists(str(kept.name))
    batch.refresh_from_db()
    assert (batch.total, batch.succeeded) == (1, 1)


@pytest.fixture
def collide() -> Iterator[list[Callable[[], None]]]:
    """What is done, one each time, while somebody is being erased and held: before the ledger's lines are."""
    waiting: list[Callable[[], None]] = []

    def swept(**_told: Any) -> None:
        if waiting:
            waiting.pop(0)()

    influencer_swept.connect(swept)
    yield waiting
    influencer_swept.disconnect(swept)


def test_erasing_beside_a_worker_that_waits_for_the_same_rows_is_done_again(
    owner: Membership, person: Influencer, send: Send, collide: list[Callable[[], None]]
) -> None:
    batch = request_broadcast(owner, body=f"Dear {MARK}").batch

    def hold_line_and_ask_for_person() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '1h'")  # so the database ends the other one
            batch.items.select_for_update().get()
            cursor.execute("SELECT pg_backend_pid()")
            pids.append(cursor.fetchone()[0])
            Influencer.objects.select_for_update().get(pk=person.pk)
        connection.close()

    def meet() -> None:
        workers.append(threads.submit(hold_line_and_ask_for_person))
        wait_until(lambda: bool(pids) and waits_for_a_lock(pids[0]), seconds=60, what="a lock is waited for")

    pids: list[int] = []
    workers: list[Any] = []
    collide.append(meet)
    with ThreadPoolExecutor(1) as threads, connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '10ms'")
        assert influencer_erase(influencer=person, by=owner.user)
        cursor.execute("RESET deadlock_timeout")
        workers[0].result()
    assert Erasure.objects.count() == 1
    assert not Influencer.objects.present().exists()


def waits_for_a_lock(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", [pid])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_who_can_t_be_erased_for_all_the_work_on_them_stays_whole_and_the_owner_is_told(
    owner: Membership, person: Influencer, collide: list[Callable[[], None]]
) -> None:
    def always() -> None:
        collide.append(always)
        raise OperationalError from DeadlockDetected()

    collide.append(always)
    address = reverse("influencer-erase", args=[owner.program.slug, person.pk])
    page = client_of(owner).post(address, follow=True)
    assert page.status_code == 200
    assert "They have not been erased: batches are at work on them." in page.content.decode()
    person.refresh_from_db()
    assert (person.email, person.erased_at) == (EMAIL, None)
    assert not Erasure.objects.exists()
