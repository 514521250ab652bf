"""What becomes of a dead worker's claim, byte by byte of its journal. Real kills stand in tests/reliability."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from batches.engine import journal, recovery
from batches.engine.claims import claim_report, claim_take
from batches.engine.journal import Journal, Mark, Page
from batches.engine.recovery import settle_orphans, take_over_expired
from batches.engine.sweeper import counts_check
from batches.engine.turns import turn_take
from batches.engine.worker import Worker, journals
from batches.kinds import Outcome
from batches.models import BatchRequest, Claim, WorkerLease
from batches.services import batch_stop
from batches.states import BatchStatus, ItemStatus, Lane
from tests.batches.kinds import Letters
from tests.factories import UserFactory

Request = Callable[..., BatchRequest]
MARKS = [Mark.UNTOUCHED, Mark.INTENT, Mark.ACCEPTED, Mark.REFUSED, Mark.AMBIGUOUS]


class Victim:
    """A worker with a claim of five items in hand, which then dies or is cut off."""

    def __init__(self, request_batch: Request) -> None:
        self.batch = request_batch(size=5)
        assert turn_take([Lane.BULK]) is not None
        self.worker = Worker()
        taken = claim_take(self.batch.pk, 5, self.worker)
        assert taken is not None
        self.claim, self.lines = taken

    def writes(self, marks: list[Mark]) -> None:
        leaf = self.worker.journal.begin(self.claim, len(self.lines))
        for index, mark in enumerate(marks):
            leaf.mark(index, mark)

    def dies(self) -> None:
        """As the kernel does it after kill -9: the pulse stops, the lock is gone, the bytes stay."""
        self.worker._ended.set()
        self.worker._pulse.join()
        self.worker.journal.abandon()

    def goes_silent(self) -> None:
        """Cut off: the process lives and holds its journal, but its lease is not renewed."""
        self.worker._ended.set()
        self.worker._pulse.join()
        WorkerLease.objects.filter(pk=self.worker.id).update(
            renewed_at=timezone.now() - timedelta(seconds=21)
        )

    def loses_its_host(self) -> None:
        self.goes_silent()
        self.worker.journal.path.unlink()

    def statuses(self) -> list[str]:
        assert counts_check() == []
        return list(self.batch.items.order_by("key").values_list("status", flat=True))


@pytest.fixture
def victim(transactional_db: None, request_batch: Request) -> Victim:
    return Victim(request_batch)


def test_a_dead_workers_journal_tells_the_fate_of_each_item(victim: Victim) -> None:
    victim.writes(MARKS)
    victim.dies()
    assert settle_orphans(journals()) == 1
    assert victim.statuses() == ["pending", "unknown", "succeeded", "pending", "unknown"]
    assert not Claim.objects.exists()


def test_what_the_app_keeps_of_them_is_written_with_the_outcome(victim: Victim) -> None:
    victim.writes(MARKS)
    victim.dies()
    settle_orphans(journals())
    assert [(o.key, str(o.status)) for o in Letters.settled_] == [
        (2, "unknown"),
        (3, "succeeded"),
        (5, "unknown"),
    ]


def test_a_worker_that_died_before_its_journal_began_has_handed_nothing_over(victim: Victim) -> None:
    victim.dies()
    settle_orphans(journals())
    assert victim.statuses() == ["pending"] * 5


def test_an_attempt_that_never_began_does_not_count(victim: Victim) -> None:
    victim.dies()
    settle_orphans(journals())
    assert set(victim.batch.items.values_list("attempts", flat=True)) == {0}


def test_a_living_workers_journal_is_left_alone(victim: Victim) -> None:
    victim.writes(MARKS)
    assert settle_orphans(journals()) == 0
    assert victim.statuses() == ["in_flight"] * 5
    victim.dies()


def test_an_orphan_is_settled_once(victim: Victim) -> None:
    victim.writes(MARKS)
    victim.dies()
    assert [settle_orphans(journals()), settle_orphans(journals())] == [1, 0]


def test_a_lost_host_leaves_its_whole_claim_unknown_after_its_lease(victim: Victim) -> None:
    victim.writes(MARKS)
    victim.loses_its_host()
    assert take_over_expired(journals()) == 1
    assert victim.statuses() == ["unknown"] * 5


def test_nothing_is_taken_over_while_the_lease_holds(victim: Victim) -> None:
    assert take_over_expired(journals()) == 0
    victim.dies()


def test_a_worker_that_lost_its_lease_may_not_hand_over_any_more(victim: Victim) -> None:
    victim.goes_silent()
    take_over_expired(journals())
    victim.worker._renew()
    assert victim.worker.lost
    assert not victim.worker.may_hand_over()
    victim.dies()


def test_the_late_report_of_a_worker_that_was_cut_off_settles_what_became_unknown(victim: Victim) -> None:
    victim.loses_its_host()
    take_over_expired(journals())
    outcomes = [
        Outcome(1, ItemStatus.SUCCEEDED),
        Outcome(2, ItemStatus.FAILED, "5.1.1"),
        Outcome(3, ItemStatus.PENDING, free=True),
        Outcome(4, ItemStatus.UNKNOWN),
        Outcome(5, ItemStatus.SUCCEEDED),
    ]
    assert not claim_report(victim.claim, victim.batch.pk, outcomes, lambda done: None)
    recovery.late_report(victim.batch.pk, victim.claim, outcomes)
    assert victim.statuses() == ["succeeded", "failed", "failed", "unknown", "succeeded"]


def test_a_host_that_comes_back_settles_from_its_journal(victim: Victim) -> None:
    victim.writes(MARKS)
    victim.goes_silent()
    kept = victim.worker.journal.path.rename(journals().parent / "elsewhere")
    take_over_expired(journals())
    assert victim.statuses() == ["unknown"] * 5
    kept.rename(victim.worker.journal.path)
    victim.dies()
    settle_orphans(journals())
    assert victim.statuses() == ["failed", "unknown", "succeeded", "failed", "unknown"]


def test_a_dead_worker_cannot_keep_a_batch_in_stopping(victim: Victim) -> None:
    victim.writes(MARKS)
    batch_stop(batch=victim.batch, by=UserFactory.create())
    victim.batch.refresh_from_db()
    assert victim.batch.status == BatchStatus.STOPPING
    victim.dies()
    settle_orphans(journals())
    victim.batch.refresh_from_db()
    assert victim.batch.status == BatchStatus.STOPPED
    assert victim.statuses() == ["not_sent", "unknown", "succeeded", "not_sent", "unknown"]


def test_a_claim_that_comes_after_the_stop_gets_nothing(request_batch: Request, worker: Worker) -> None:
    batch = request_batch(size=5)
    turn_take([Lane.BULK])
    batch_stop(batch=batch, by=UserFactory.create())
    assert claim_take(batch.pk, 5, worker) is None
    batch.refresh_from_db()
    assert (batch.status, batch.not_sent) == (BatchStatus.STOPPED, 5)


def test_a_report_that_is_repeated_changes_nothing(victim: Victim) -> None:
    outcomes = [Outcome(line.key, ItemStatus.SUCCEEDED) for line in victim.lines]
    assert claim_report(victim.claim, victim.batch.pk, outcomes, lambda done: None)
    assert not claim_report(victim.claim, victim.batch.pk, outcomes, lambda done: None)
    assert victim.statuses() == ["succeeded"] * 5
    victim.dies()


def test_a_leaf_of_a_journal_is_void_until_its_claim_is_written(tmp_path: Path) -> None:
    book = Journal(tmp_path, uuid.uuid4())
    leaf = book.begin(7, 3)
    leaf.mark(1, Mark.ACCEPTED)
    said = {7: [Mark.UNTOUCHED, Mark.ACCEPTED, Mark.UNTOUCHED]}
    assert journal.read(book.path) == Page(said, whole=True)
    leaf.clear()
    assert journal.read(book.path) == Page({}, whole=True)
    assert book.claim == 0
    book.begin(8, 2)
    assert journal.read(book.path) == Page({8: [Mark.UNTOUCHED, Mark.UNTOUCHED]}, whole=True)


def test_a_journal_knows_two_claims_apart_and_takes_no_third(tmp_path: Path) -> None:
    book = Journal(tmp_path, uuid.uuid4())
    first, second = book.begin(7, journal.CAPACITY), book.begin(8, journal.CAPACITY)
    first.mark(journal.CAPACITY - 1, Mark.INTENT)
    second.mark(0, Mark.ACCEPTED)
    claims = journal.read(book.path).claims
    assert (claims[7][-1], claims[7][0]) == (Mark.INTENT, Mark.UNTOUCHED)
    assert (claims[8][0], claims[8][-1]) == (Mark.ACCEPTED, Mark.UNTOUCHED)
    with pytest.raises(ValueError, match="no leaf"):
        book.begin(9, 1)
    first.clear()
    assert (book.claim, list(journal.read(book.path).claims)) == (8, [8])
    assert book.begin(9, 2).claim == 9


def test_a_journal_of_the_release_before_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.journal"
    head = struct.pack("=8sqI16s", b"BAJRNL02", 7, 4_000, journal.boot())
    path.write_bytes((head.ljust(64, b"\0") + bytes([2]) * 4_000).ljust(4_096, b"\0"))
    assert journal.read(path) == Page({7: [Mark.ACCEPTED] * 4_000}, whole=True)


def test_a_journal_refuses_a_claim_that_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Journal(tmp_path, uuid.uuid4()).begin(1, journal.CAPACITY + 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a journal",
        bytes(4096),
        b"BAJRNL02" + b"\xff" * 4088,
        b"BAJRNL03" + b"\xff" * 4088,
        b"BAJRNL03",
    ],
)
def test_rubbish_in_the_journals_folder_is_read_as_knowing_nothing(tmp_path: Path, content: bytes) -> None:
    rubbish = tmp_path / "x.journal"
    rubbish.write_bytes(content)
    assert journal.read(rubbish) == Page(whole=False)


def test_a_file_of_somebody_elses_keeps_no_journal_from_being_settled(victim: Victim) -> None:
    stranger = journals() / "!notes.journal"
    stranger.write_text("remember the milk")
    victim.writes(MARKS)
    victim.dies()
    assert settle_orphans(journals()) == 1
    stranger.unlink()


@pytest.fixture
def power_cut(victim: Victim, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The machine lost its power and is up again: what is on disk is what happened to be written back."""

    def cut() -> None:
        victim.dies()
        monkeypatch.setattr(journal, "boot", lambda: uuid.uuid4().bytes)

    return cut


def test_after_a_power_cut_what_does_not_stand_in_the_journal_may_have_happened(
    victim: Victim, power_cut: Callable[[], None]
) -> None:
    victim.writes(MARKS)
    power_cut()
    settle_orphans(journals())
    assert victim.statuses() == ["unknown", "unknown", "succeeded", "pending", "unknown"]


def test_after_a_power_cut_a_journal_of_an_earlier_claim_knows_nothing(
    victim: Victim, power_cut: Callable[[], None]
) -> None:
    victim.worker.journal.begin(victim.claim + 1_000, 5)
    power_cut()
    settle_orphans(journals())
    assert victim.statuses() == ["unknown"] * 5


def test_a_journal_that_the_disk_has_lost_knows_nothing(victim: Victim) -> None:
    victim.writes(MARKS)
    victim.dies()
    victim.worker.journal.path.write_bytes(b"")
    settle_orphans(journals())
    assert victim.statuses() == ["unknown"] * 5


def test_a_claim_that_the_kind_cannot_record_is_settled_all_the_same_and_keeps_no_other_waiting(
    victim: Victim, request_batch: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settled(kind: Letters, batch: BatchRequest, outcomes: object) -> None:
        raise ValueError("the channel's password can't be read")

    monkeypatch.setattr(Letters, "settled", settled)
    victim.writes(MARKS)
    victim.dies()
    assert settle_orphans(journals()) == 1
    assert victim.statuses() == ["pending", "unknown", "succeeded", "pending", "unknown"]


def test_a_claim_that_cannot_be_settled_at_all_keeps_its_journal_and_no_other_claim_waiting(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    victims = [Victim(request_batch) for _ in range(2)]
    for one in victims:
        one.writes([Mark.ACCEPTED] * 5)
        one.dies()
    stuck = min(victims, key=lambda one: str(one.worker.id))
    whole = recovery._take_over

    def take_over(claim: Claim, *args: object, **more: bool) -> bool:
        if claim.pk == stuck.claim:
            raise ValueError("no such kind of batch")
        return whole(claim, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(recovery, "_take_over", take_over)
    assert settle_orphans(journals()) == 1
    monkeypatch.undo()
    assert settle_orphans(journals()) == 1
    assert stuck.statuses() == ["succeeded"] * 5


def test_a_late_word_is_only_about_what_the_take_over_left_unknown(victim: Victim, worker: Worker) -> None:
    """Frozen on this host: its untouched items went to another worker, whose answer for one of them was lost."""
    victim.writes([Mark.INTENT, *[Mark.UNTOUCHED] * 4])
    victim.goes_silent()
    take_over_expired(journals())
    turn_take([Lane.BULK])
    again = claim_take(victim.batch.pk, 5, worker)
    assert again is not None
    unclear = [Outcome(line.key, ItemStatus.UNKNOWN, "unknown") for line in again[1]]
    assert claim_report(again[0], victim.batch.pk, unclear, lambda done: None)
    late = [Outcome(1, ItemStatus.SUCCEEDED), *(Outcome(key, ItemStatus.PENDING) for key in range(2, 6))]
    recovery.late_report(victim.batch.pk, victim.claim, late)
    assert victim.statuses() == ["succeeded", *["unknown"] * 4]
    victim.dies()
    assert settle_orphans(journals()) == 0
    assert victim.statuses() == ["succeeded", *["unknown"] * 4]


def test_a_report_whose_commit_answer_was_lost_says_nothing_of_what_others_did_since(
    victim: Victim, worker: Worker
) -> None:
    outcomes = [Outcome(line.key, ItemStatus.PENDING, free=True) for line in victim.lines]
    assert claim_report(victim.claim, victim.batch.pk, outcomes, lambda done: None)
    turn_take([Lane.BULK])
    again = claim_take(victim.batch.pk, 5, worker)
    assert again is not None
    unclear = [Outcome(line.key, ItemStatus.UNKNOWN, "unknown") for line in again[1]]
    assert claim_report(again[0], victim.batch.pk, unclear, lambda done: None)
    assert not claim_report(victim.claim, victim.batch.pk, outcomes, lambda done: None)
    assert recovery.late_report(victim.batch.pk, victim.claim, outcomes) == 0
    assert victim.statuses() == ["unknown"] * 5
    victim.dies()
