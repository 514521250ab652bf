"""What was scheduled, and what is told at the end, after everything was killed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import BatchRequest, Notice
from batches.services import batch_resume
from batches.states import BatchStatus, MailState
from campaigns.models import Influencer
from messaging.services.broadcasts import broadcast_request
from tests.fixtures.workers import WorkerPool
from tests.reliability import services
from tests.reliability.road import WORKERS, Road, account, scale, until, until_ended, until_sent

pytestmark = pytest.mark.workers

PEOPLE = scale(2_000, 200)
KILLS = scale(10, 3)
AHEAD = 20  # seconds; enough to kill everything and start it again
LATE = timedelta(
    seconds=scale(5, 600)
)  # the promise is 5 s, measured where the machine has nothing else to do


def scheduled(road: Road, seconds: float) -> BatchRequest:
    """A broadcast to the road's people that is due in so many seconds."""
    road.populate(PEOPLE)
    return broadcast_request(
        program=road.member.program,
        by=road.member.user,
        channel=road.channel,
        subject="Spring box",
        body="Hi {{ influencer.first_name }}",
        audience=Influencer.objects.filter(program=road.member.program),
        scheduled_for=timezone.now() + timedelta(seconds=seconds),
    ).batch


def test_a_scheduled_broadcast_starts_on_time_after_everything_was_killed_and_started_again(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    pool = worker_pool(count=WORKERS)
    batch = scheduled(road, AHEAD)
    pool.kill_all()
    services.redis_kill()
    services.services_revive()
    worker_pool(count=WORKERS)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=0)
    assert batch.scheduled_for is not None
    assert batch.started_at is not None
    assert timedelta() <= batch.started_at - batch.scheduled_for < LATE


def test_a_broadcast_that_is_long_overdue_asks_instead_of_going_out(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    batch = scheduled(road, 60)
    BatchRequest.objects.filter(pk=batch.pk).update(scheduled_for=timezone.now() - timedelta(hours=2))
    worker_pool(count=1)

    def asks() -> bool:
        batch.refresh_from_db()
        return batch.status == BatchStatus.OVERDUE

    until(asks, seconds=180, name="the question")
    time.sleep(2)
    assert road.server.messages == []
    batch_resume(batch=batch, by=road.member.user)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=0)
    assert batch.succeeded == PEOPLE


def test_the_end_is_told_once_by_mail_when_workers_are_killed_around_it(
    road: Road, worker_pool: Callable[..., WorkerPool]
) -> None:
    pool = worker_pool(count=WORKERS, env={"EMAIL_URL": road.server.url})
    batches = []
    for number in range(1, KILLS + 1):
        batches.append(road.send(PEOPLE if number == 1 else 0, subject=f"Box {number}"))
        until_sent(road.server, len(batches) * PEOPLE - PEOPLE // 20)
        for pid in pool.pids():  # also the one that hands notices over
            pool.kill_worker(pid)
        until_ended(batches[-1])
    until(
        lambda: not Notice.objects.filter(mail_state=MailState.WAITING).exists(), seconds=120, name="the mail"
    )
    time.sleep(2)
    told = [m for m in road.server.messages if m.recipients == [road.member.user.email]]
    subjects = [message.subject for message in told]
    assert len(subjects) == len(set(subjects))
    states = dict(Notice.objects.values_list("subject", "mail_state"))
    assert len(states) == len(batches)
    assert {subject for subject, state in states.items() if state == MailState.SENT} <= set(subjects)
    # Nothing may be left in between but what a killed worker had in hand.
    assert set(states.values()) <= {MailState.SENT, MailState.HANDING_OVER}
