"""What a kind's or a provider's broken code does to the claim that its worker has in hand: never twice, never lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import django_rq
import pytest

from batches.engine import sending, slices, trip
from batches.engine.claims import claim_report
from batches.engine.recovery import settle_orphans
from batches.engine.slices import WorkerBroken, serve
from batches.engine.sweeper import counts_check
from batches.engine.worker import Worker, journals, leave
from batches.kinds import Allowance, Answer, Begin, Line, Outcome, Verdict
from batches.models import BatchEvent, BatchItem, BatchRequest, Claim, WorkerLease
from batches.states import BatchStatus, ItemStatus, Lane
from batches.wake import wake_job
from tests.batches.kinds import Letters, Post

Request = Callable[..., BatchRequest]
Work = Callable[[], None]


def fresh(batch: BatchRequest) -> BatchRequest:
    batch.refresh_from_db()
    assert counts_check() == []
    return batch


def statuses(batch: BatchRequest) -> list[str]:
    assert counts_check() == []
    return list(batch.items.order_by("key").values_list("status", flat=True))


def test_letters_that_cannot_be_prepared_go_back_and_the_batch_is_tried_again(
    request_batch: Request, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(post: Post, lines: Sequence[Line]) -> Any:
        raise ValueError("no value")

    monkeypatch.setattr(Post, "prepare", prepare)
    batch = request_batch(size=3)
    work()
    assert fresh(batch).status == BatchStatus.WAITING_FOR_RETRY
    assert (batch.pending, batch.in_flight, batch.retries) == (3, 0, 1)
    assert not Claim.objects.exists()
    assert set(batch.items.values_list("attempts", flat=True)) == {0}


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(Verdict.ACCEPTED, "succeeded"), (Verdict.AMBIGUOUS, "unknown"), (Verdict.RETRY, "failed")],
)
def test_an_answer_that_a_kind_cannot_read_is_one_item_and_the_others_go_on(
    request_batch: Request, work: Work, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, status: str
) -> None:
    readable = Post.outcome

    def outcome(post: Post, line: Line, letter: Any, answer: Answer) -> Outcome:
        if line.key == 2:
            raise OverflowError("date value out of range")
        return readable(post, line, letter, answer)

    monkeypatch.setattr(Post, "outcome", outcome)
    Letters.answer = staticmethod(lambda key: Answer(verdict if key == 2 else Verdict.ACCEPTED))
    batch = request_batch(size=9)
    work()
    assert statuses(batch) == ["succeeded", status, *["succeeded"] * 7]
    assert sorted(Letters.sent) == list(range(1, 10))


def test_a_provider_that_answers_nothing_leaves_its_item_unknown(request_batch: Request, work: Work) -> None:
    Letters.answer = staticmethod(lambda key: None if key == 1 else Answer(Verdict.ACCEPTED))  # type: ignore[assignment]
    batch = request_batch(size=6)
    work()
    assert statuses(batch) == ["unknown", *["succeeded"] * 5]


def test_words_that_the_database_cannot_keep_are_kept_without_what_it_cannot(
    request_batch: Request, work: Work
) -> None:
    Letters.answer = staticmethod(lambda key: Answer(Verdict.REFUSED, "x" * 90, "550 no\0such \ud800 box"))
    batch = request_batch(size=2)
    work()
    assert statuses(batch) == ["failed", "failed"]
    assert BatchItem.objects.filter(batch=batch)[0].detail == "550 nosuch  box"


def test_a_record_about_something_that_is_gone_costs_the_record_and_not_the_outcome(
    request_batch: Request, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(post: Post, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            BatchEvent.objects.create(batch_id=0 if outcome.key == 3 else batch.pk, what="sent")

    monkeypatch.setattr(Post, "record", record)
    batch = request_batch(size=5)
    work()
    assert fresh(batch).status == BatchStatus.COMPLETED
    assert BatchEvent.objects.filter(batch=batch, what="sent").count() == 4


def test_a_record_that_cannot_be_written_costs_the_record_and_not_the_outcome(
    request_batch: Request, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(post: Post, outcomes: Sequence[Outcome]) -> None:
        if any(outcome.key == 3 for outcome in outcomes):
            raise ValueError("no chat for this one")
        Letters.recorded.extend(outcomes)

    monkeypatch.setattr(Post, "record", record)
    batch = request_batch(size=5)
    work()
    assert statuses(batch) == ["succeeded"] * 5
    assert sorted(outcome.key for outcome in Letters.recorded) == [1, 2, 4, 5]
    assert fresh(batch).status == BatchStatus.COMPLETED


def test_a_provider_that_ignores_its_timeout_is_left_behind_and_cannot_begin_any_more(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf: list[str] = []
    left_behind = threading.Event()

    async def hand_over(post: Post, letter: int, begin: Begin) -> Answer:
        if letter != 1:
            begin()
            return Answer(Verdict.ACCEPTED)
        for _nap in range(3_000):
            if left_behind.is_set():
                break
            try:
                await asyncio.sleep(0.02)
            except asyncio.CancelledError:
                deaf.append("cancelled")
        deaf.append("awake")
        begin()
        deaf.append("sent")
        return Answer(Verdict.ACCEPTED)

    async def until_awake() -> None:
        while "awake" not in deaf:
            await asyncio.sleep(0.02)

    monkeypatch.setattr(Post, "hand_over", hand_over)
    monkeypatch.setattr(Post, "timeout", 1.0)
    monkeypatch.setattr(trip, "LET_GO", 0.1)
    monkeypatch.setattr(trip, "BEGIN_WITHIN", 2.0)
    batch = request_batch(size=3)
    serve(list(Lane), worker)
    assert statuses(batch) == ["pending", "succeeded", "succeeded"]
    left_behind.set()
    worker.loop.run_until_complete(asyncio.wait_for(until_awake(), 60))
    assert "sent" not in deaf


def test_a_worker_that_could_not_report_ends_and_its_journal_settles_for_it(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def report(*_args: Any) -> bool:
        raise RuntimeError("no report today")

    monkeypatch.setattr(sending, "claim_report", report)
    Letters.answer = staticmethod(lambda key: Answer(Verdict.AMBIGUOUS if key == 2 else Verdict.ACCEPTED))
    batch = request_batch(size=3)
    with pytest.raises(WorkerBroken):
        serve(list(Lane), worker)
    leave()
    assert WorkerLease.objects.get(pk=worker.id).ended_at is None
    assert settle_orphans(journals()) == 1
    assert statuses(batch) == ["succeeded", "unknown", "succeeded"]
    assert Letters.settled_[0].status == ItemStatus.SUCCEEDED


def test_a_slice_goes_on_with_claims_as_large_as_the_last_slice_has_found_right(
    request_batch: Request, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims: list[int] = []

    class Counting(Post):
        claims_ahead = False

        def allowance(self, wanted: int) -> Allowance:
            claims.append(wanted)
            return super().allowance(wanted)

    monkeypatch.setattr(Letters, "open", lambda kind, batch: Counting())
    monkeypatch.setattr(sending, "SLICE", 0.001)  # one claim each
    monkeypatch.setattr(slices, "LONGEST_STAY", -1)
    monkeypatch.setattr(sending, "FIRST_CLAIM", 10)
    monkeypatch.setattr(sending, "CLAIM", 3600)  # ten letters never take so long that this is too many
    monkeypatch.setattr(sending, "GROWTH", 4)
    batch = request_batch(size=200)
    work()
    assert fresh(batch).status == BatchStatus.COMPLETED
    assert claims[:2] == [10, 40]


def test_nothing_is_asked_of_the_channel_once_everybody_is_in_hand(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []

    class Asking(Post):
        def allowance(self, wanted: int) -> Allowance:
            waited.append(fresh(batch).pending)
            return super().allowance(wanted)

    monkeypatch.setattr(Letters, "open", lambda kind, batch: Asking())
    batch = request_batch(size=120)
    serve(list(Lane), worker)
    assert fresh(batch).status == BatchStatus.COMPLETED
    assert waited[0] == 120
    assert 0 not in waited


def test_the_next_claim_is_taken_while_the_last_letters_of_one_are_under_way(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims: list[int] = []
    too_early: list[int] = []  # letters that were answered before there was a second claim

    class Waiting(Post):
        def prepare(self, lines: Sequence[Line]) -> Any:
            claims.append(len(lines))
            return super().prepare(lines)

        async def hand_over(self, letter: Any, begin: Begin) -> Answer:
            begin()
            # Who takes the next claim only after the last answer, waits here till the end.
            for _look in range(1_000):
                if len(claims) > 1 or letter > 4:
                    break
                await asyncio.sleep(0.02)
            else:
                too_early.append(letter)
            Letters.sent.append(letter)
            return Answer(Verdict.ACCEPTED)

    monkeypatch.setattr(Letters, "open", lambda kind, batch: Waiting())
    monkeypatch.setattr(sending, "FIRST_CLAIM", 8)
    batch = request_batch(size=20)
    serve(list(Lane), worker)
    assert too_early == []
    assert statuses(batch) == ["succeeded"] * 20
    assert sorted(Letters.sent) == list(range(1, 21))


@pytest.mark.parametrize("beside", [True, False])
def test_reports_made_beside_the_letters_and_between_them_are_all_made(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    threads: set[bool] = set()

    def report(*given: Any) -> bool:
        threads.add(threading.current_thread() is threading.main_thread())
        return claim_report(*given)

    monkeypatch.setattr(sending, "claim_report", report)
    monkeypatch.setattr(sending, "SLOW", 0.0 if beside else 3600)
    monkeypatch.setattr(sending, "SLICE", 3600)  # of a further slice's speed nothing is known at first
    monkeypatch.setattr(sending, "FIRST_CLAIM", 8)
    batch = request_batch(size=40)
    serve(list(Lane), worker)
    assert statuses(batch) == ["succeeded"] * 40
    assert threads == {not beside}
    assert worker.journal.claim == 0


def test_when_the_next_letters_break_those_under_way_are_reported_first(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Breaking(Post):
        def prepare(self, lines: Sequence[Line]) -> Any:
            if lines[0].key > 1:
                raise ValueError("no value")
            return super().prepare(lines)

        async def hand_over(self, letter: Any, begin: Begin) -> Answer:
            begin()
            await asyncio.sleep(0.05)
            Letters.sent.append(letter)
            return Answer(Verdict.ACCEPTED)

    monkeypatch.setattr(Letters, "open", lambda kind, batch: Breaking())
    monkeypatch.setattr(sending, "FIRST_CLAIM", 8)
    batch = request_batch(size=20)
    serve(list(Lane), worker)
    begun = len(Letters.sent)
    assert 4 <= begun <= 8
    assert statuses(batch) == ["succeeded"] * begun + ["pending"] * (20 - begun)
    assert fresh(batch).status == BatchStatus.WAITING_FOR_RETRY
    assert worker.journal.claim == 0


def test_a_worker_goes_on_with_a_batch_only_while_no_other_waits(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SLICE", 0.001)
    alone = request_batch(size=40)
    monkeypatch.setattr(sending, "FIRST_CLAIM", 10)
    serve(list(Lane), worker)
    assert statuses(alone) == ["succeeded"] * 40
    batches = [request_batch(size=40), request_batch(size=40)]
    serve(list(Lane), worker)
    serve(list(Lane), worker)
    assert [fresh(batch).succeeded > 0 for batch in batches] == [True, True]
    assert [fresh(batch).pending > 0 for batch in batches] == [True, True]


def test_a_worker_leaves_a_batch_for_another_sort_of_job(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SLICE", 0.001)
    monkeypatch.setattr(sending, "FIRST_CLAIM", 10)
    batch = request_batch(size=40)
    wake_job("batches.jobs.mail_notices", Lane.BULK)
    serve(list(Lane), worker)
    assert fresh(batch).pending > 0
    django_rq.get_queue(Lane.BULK.value).delete(delete_jobs=True)
    serve(list(Lane), worker)
    assert fresh(batch).pending == 0
