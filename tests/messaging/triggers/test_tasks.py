"""Launches that are answered at once and carried out by a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.test import Client
from django.utils import timezone

from batchadmin.accounts.models import Membership
from messaging.models import Trigger, TriggerLaunch
from messaging.triggers import jobs
from messaging.triggers.services import launch_carry_out
from messaging.triggers.wake import LAUNCHES
from tests.fixtures.processes import wait_until
from tests.fixtures.workers import WorkerPool
from tests.messaging.triggers.conftest import API
from tests.messaging.triggers.factories import person

Ask = Callable[..., Any]


@pytest.fixture
def task(client: Client, token_text: str) -> Callable[..., dict[str, Any]]:
    """A function that asks how a task went."""

    def get(task_id: str) -> dict[str, Any]:
        response = client.get(f"{API}task/{task_id}", headers={"Authorization": f"Bearer {token_text}"})
        assert response.status_code == 200
        found: dict[str, Any] = response.json()
        return found

    return get


def waiting_jobs() -> list[str]:
    return [str(job.func_name) for job in django_rq.get_queue("express").jobs]


def begin(ask: Ask, trigger: Trigger, *emails: str | None, **fields: Any) -> str:
    data = [{"email": email} for email in emails]
    response = ask("start_batch_task", {"trigger_id": trigger.pk, "data": data, **fields})
    assert response.status_code == 200
    assert response.json() == {
        "error": 0,
        "error_text": "Successful operation",
        "task_id": response.json()["task_id"],
    }
    return str(response.json()["task_id"])


def test_a_task_waits_first_and_tells_then_whom_it_was_launched_for(
    manager: Membership, trigger: Trigger, ask: Ask, task: Callable[..., dict[str, Any]]
) -> None:
    zoe = person(manager)
    key = begin(ask, trigger, zoe.email, "who@example.com")
    waits = task(key)
    assert (waits["status"], waits["result"], waits["asked"]) == ("waiting", [], 2)
    jobs.launches_serve()
    done = task(key)
    assert (done["error"], done["status"], done["not_launched"]) == (0, "finished", 1)
    assert done["result"] == [{"profile_id": str(zoe.pk)}]
    assert done["messages"]["pending"] == 1


def test_a_task_is_told_in_xml_to_who_wants_it(
    client: Client, manager: Membership, trigger: Trigger, ask: Ask, token_text: str
) -> None:
    key = begin(ask, trigger, person(manager).email)
    jobs.launches_serve()
    for address, accept in ((f"{API}task/{key}?format=xml", "*/*"), (f"{API}task/{key}", "application/xml")):
        response = client.get(address, headers={"Authorization": f"Bearer {token_text}", "Accept": accept})
        assert b"<status>finished</status>" in response.content
        assert response["Content-Type"].startswith("application/xml")


@pytest.mark.parametrize("key", ["x", "00000000-0000-0000-0000-000000000000"])
def test_a_task_that_is_not_there_is_404(client: Client, token_text: str, key: str) -> None:
    response = client.get(f"{API}task/{key}", headers={"Authorization": f"Bearer {token_text}"})
    assert (response.status_code, response.json()["error"]) == (404, 404)


def test_a_trigger_that_was_switched_off_meanwhile_is_not_launched(
    manager: Membership, trigger: Trigger, ask: Ask, task: Callable[..., dict[str, Any]]
) -> None:
    key = begin(ask, trigger, person(manager).email)
    Trigger.objects.update(is_active=False)
    jobs.launches_serve()
    told = task(key)
    assert (told["status"], told["error_debug"]) == ("failed", "The trigger is not active.")


def test_a_launch_is_carried_out_once(manager: Membership, trigger: Trigger, ask: Ask) -> None:
    begin(ask, trigger, person(manager).email)
    launch = TriggerLaunch.objects.get()
    assert [launch_carry_out(launch_id=launch.pk) for _time in range(2)] == [True, False]


def test_a_launch_that_breaks_stands_in_nobody_s_way(
    manager: Membership, trigger: Trigger, ask: Ask, task: Callable[..., dict[str, Any]]
) -> None:
    broken, good = begin(ask, trigger, "a@b.example"), begin(ask, trigger, person(manager).email)
    TriggerLaunch.objects.filter(task=broken).update(matching="nonsense")
    jobs.launches_serve()
    assert (task(broken)["status"], task(good)["status"]) == ("failed", "finished")


def test_a_wake_up_call_that_was_lost_is_made_again(
    transactional_db: None, manager: Membership, trigger: Trigger, ask: Ask, redis_db: Any
) -> None:
    begin(ask, trigger, person(manager).email)
    redis_db.flushdb()
    # As if it had just been asked for, however long ago that is by now.
    TriggerLaunch.objects.update(created_at=timezone.now() + timedelta(hours=1))
    assert jobs.triggers_due() == 0
    TriggerLaunch.objects.update(created_at=timezone.now() - timedelta(seconds=10))
    assert jobs.triggers_due() == 1
    assert LAUNCHES in waiting_jobs()


@pytest.mark.workers
def test_real_workers_carry_a_task_out_and_send(
    worker_pool: Callable[..., WorkerPool],
    manager: Membership,
    trigger: Trigger,
    ask: Ask,
    task: Callable[..., dict[str, Any]],
) -> None:
    worker_pool(count=1)
    key = begin(ask, trigger, *[person(manager).email for _one in range(3)])
    wait_until(
        lambda: task(key).get("messages", {}).get("succeeded") == 3,
        seconds=120,
        what=lambda: f"three messages: {task(key)}",
    )
