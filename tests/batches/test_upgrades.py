"""Old and new releases side by side: what only the newer one knows is left to it, neither failed nor lost."""

from __future__ import annotations

from collections.abc import Callable

import django_rq
import pytest
from django.test import Client
from rq.job import Job

from batches.engine.claims import claim_take
from batches.engine.recovery import settle_orphans, take_over_expired
from batches.engine.slices import serve
from batches.engine.sweeper import sweep
from batches.engine.turns import turn_take
from batches.engine.worker import Worker, journals
from batches.models import BatchRequest, Claim
from batches.rqworker import SliceWorker
from batches.states import BatchStatus, Lane
from batches.wake import JOBS_VERSION, wake_job
from tests.batches.kinds import Marking

Request = Callable[..., BatchRequest]
LATER = [{"needs_version": 2}, {"kind": "of-the-next-release"}]


def became_later(batch: BatchRequest, change: dict[str, object]) -> BatchRequest:
    """The batch as a newer release would have requested it."""
    BatchRequest.objects.filter(pk=batch.pk).update(**change)
    batch.refresh_from_db()
    return batch


@pytest.mark.parametrize("change", LATER)
def test_a_batch_of_a_newer_release_is_left_to_it(
    request_batch: Request, worker: Worker, change: dict[str, object]
) -> None:
    later, ours = became_later(request_batch(Marking), change), request_batch(Marking)
    assert serve(list(Lane), worker)
    sweep()
    assert not serve(list(Lane), worker)
    later.refresh_from_db()
    ours.refresh_from_db()
    assert (later.status, later.pending, later.retries) == (BatchStatus.QUEUED, later.total, 0)
    assert ours.status == BatchStatus.COMPLETED


def test_the_newer_release_serves_what_the_older_one_left(
    request_batch: Request, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = became_later(request_batch(Marking), {"needs_version": 2})
    work()
    monkeypatch.setattr(Marking, "version", 2)
    work()
    batch.refresh_from_db()
    assert batch.status == BatchStatus.COMPLETED


def test_a_batch_says_which_version_of_its_work_it_needs(
    request_batch: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert request_batch(Marking).needs_version == 1
    monkeypatch.setattr(Marking, "version", 3)
    assert request_batch(Marking).needs_version == 3


@pytest.mark.parametrize("change", LATER)
def test_what_a_dead_worker_of_a_newer_release_had_in_hand_is_settled_by_one_that_knows_it(
    request_batch: Request, worker: Worker, change: dict[str, object]
) -> None:
    batch = request_batch()
    turn_take([Lane.BULK])
    dead = Worker()
    assert claim_take(batch.pk, 5, dead)
    dead.leave()  # its journal is gone with it: it says nothing of this claim
    became_later(batch, change)
    assert take_over_expired(journals()) == 0
    claim = Claim.objects.get(batch=batch)
    assert claim.taken_over_at is None
    became_later(batch, {"needs_version": 1, "kind": "letters"})
    assert take_over_expired(journals()) == 1


def test_a_journal_is_kept_for_those_who_know_what_it_is_about(
    request_batch: Request, worker: Worker
) -> None:
    batch = request_batch()
    turn_take([Lane.BULK])
    dead = Worker()
    taken = claim_take(batch.pk, 5, dead)
    assert taken
    dead.journal.begin(taken[0], 5)
    dead.leave()  # with something in hand: as death does
    became_later(batch, {"kind": "of-the-next-release"})
    assert settle_orphans(journals()) == 0
    became_later(batch, {"kind": "letters"})
    assert settle_orphans(journals()) == 1


def test_pages_show_a_batch_of_a_newer_release(request_batch: Request, client: Client) -> None:
    batch = became_later(request_batch(Marking), {"kind": "of-the-next-release"})
    client.force_login(batch.requester)
    program = f"/p/{batch.program.slug}/settings/batch-requests/"
    assert client.get(program).status_code == 200
    assert client.get(f"{program}{batch.pk}/").status_code == 200


@pytest.fixture
def rq_worker(worker: Worker) -> SliceWorker:
    """A worker as RQ sees it, serving what waits and then ending."""
    queue = django_rq.get_queue("express")
    return SliceWorker([queue], connection=queue.connection)


@pytest.mark.parametrize("lane", list(Lane))
@pytest.mark.usefixtures("redis_db")
def test_a_call_to_a_job_says_what_it_asks_of_a_worker(lane: Lane) -> None:
    wake_job("batches.jobs.mail_notices", lane)
    assert [job.meta for job in django_rq.get_queue(lane.value).jobs] == [{"needs": JOBS_VERSION}]


@pytest.mark.parametrize(
    ("function", "needs"),
    [("batches.jobs.of_the_next_release", 1), ("batches.jobs.mail_notices", JOBS_VERSION + 1)],
)
def test_a_job_of_a_newer_release_goes_back_to_its_queue(
    rq_worker: SliceWorker, function: str, needs: int
) -> None:
    queue = django_rq.get_queue("express")
    later = queue.enqueue_call(function, meta={"needs": needs})
    ours = queue.enqueue_call("batches.jobs.mail_notices")
    rq_worker.work(burst=True, max_jobs=2)
    assert queue.job_ids == [later.id]
    assert queue.failed_job_registry.get_job_ids() == []
    assert Job.fetch(ours.id, connection=queue.connection).is_finished
    assert queue.connection.llen(queue.intermediate_queue_key) == 0
