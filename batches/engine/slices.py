"""One turn of work: whose turn it is, a slice of it by its kind, and the batch's end when nothing is left."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError, transaction

from batchadmin.lib.commits import commit_unflushed
from batchadmin.lib.logs import about_batch
from batchadmin.lib.passing import is_passing
from batches import ledger
from batches.kinds import DataKind, Line, Outcome, SendKind
from batches.models import BatchRequest
from batches.registry import kind_of
from batches.services import batch_broke, batch_settle
from batches.states import BatchStatus, ItemStatus, Lane
from batches.wake import somebody_waits

from .keeping import KEEPING
from .sending import SLICE, Again, send_slice
from .turns import turn_take
from .worker import Worker

LONGEST_STAY = 20.0  # seconds that a worker goes on with one batch; RQ hears from it in between

log = logging.getLogger("batches.slices")


class WorkerBroken(Exception):
    """This process may not know what it holds, or could not report it. Its journal speaks for it: it should end."""


class DatabaseAway(WorkerBroken):
    """The database went away in the middle."""


def serve(lanes: Sequence[Lane], worker: Worker, only: int | None = None) -> bool:
    """Do one slice of the batch whose turn it is. False if there was none.

    Raises WorkerBroken, or DatabaseAway, if the process should end and be started anew.
    """
    try:
        if KEEPING:
            KEEPING.look()
        stays_until = time.monotonic() + LONGEST_STAY
        batch = turn_take(lanes, only)
        if batch is None:
            return False
        with about_batch(batch.pk, batch.request_id):
            _serve(batch, worker, lambda: _turn_again(batch.pk, lanes, only, stays_until))
    except (OperationalError, InterfaceError) as error:
        if not is_passing(error):
            worker.broken = True
            raise DatabaseAway(str(error)) from error
        log.warning(
            "Two transactions waited for each other; this one is done again: %s", str(error).split("\n")[0]
        )
    if worker.journal.claim:  # the next claim would take its place in the journal
        worker.broken = True
        raise WorkerBroken(f"claim {worker.journal.claim} could not be reported")
    return True


def _turn_again(batch_id: int, lanes: Sequence[Lane], only: int | None, until: float) -> BatchRequest | None:
    """The batch, if this worker may go on with it: it would be its turn again, and nothing else waits for a worker."""
    if time.monotonic() > until or (only is None and somebody_waits(lanes)):
        return None
    return turn_take(lanes, only, expected=batch_id)


def _serve(batch: BatchRequest, worker: Worker, again: Again) -> None:
    try:
        _slice(batch, worker, again)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # whatever a kind's code raises: the batch waits and is tried again
        log.exception("Batch %s broke", batch.pk)
        batch_broke(batch.pk, error)
    batch_settle(batch.pk)


def _slice(batch: BatchRequest, worker: Worker, again: Again) -> None:
    kind = kind_of(batch)
    if isinstance(kind, SendKind):
        send_slice(batch, kind, worker, again)
    elif isinstance(kind, DataKind):
        ends = time.monotonic() + SLICE
        while time.monotonic() < ends and not worker.stopping and data_chunk(batch, kind):
            pass


class _NotOurs(Exception):
    """The batch is no longer being processed: undo the chunk."""


def data_chunk(batch: BatchRequest, kind: DataKind) -> int:
    """Process one chunk in one transaction; halve it where it breaks, until a bad line stands alone. How many lines."""
    try:
        return _whole_or_halved(batch, kind)
    except _NotOurs:
        return 0


def _whole_or_halved(batch: BatchRequest, kind: DataKind) -> int:
    try:
        return _chunk(batch, kind, None)
    except (_NotOurs, OperationalError, InterfaceError):
        raise
    except Exception:  # a bad line, whatever it raises; found by halving
        with transaction.atomic():
            lines = ledger.hold(batch.pk, kind.chunk)
        return _halved(batch, kind, [line.key for line in lines])


def _chunk(batch: BatchRequest, kind: DataKind, keys: Sequence[int] | None) -> int:
    with transaction.atomic():
        lines = ledger.hold(batch.pk, kind.chunk) if keys is None else ledger.hold_keys(batch.pk, keys)
        if lines:
            commit_unflushed()  # lost with its outcomes, it is pending again; the batch's end waits for the disk
            _write(batch, kind.process(batch, lines), lines)
    return len(lines)


def _write(batch: BatchRequest, outcomes: Sequence[Outcome], lines: Sequence[Line]) -> None:
    if len(outcomes) != len(lines):
        raise RuntimeError(f"{batch.kind} gave {len(outcomes)} outcomes for {len(lines)} lines")
    moves = ledger.write_outcomes(batch.pk, outcomes, source=ItemStatus.PENDING)
    if not ledger.move_counts(batch.pk, moves, only_in=[BatchStatus.PROCESSING]):
        raise _NotOurs


def _halved(batch: BatchRequest, kind: DataKind, keys: Sequence[int]) -> int:
    if not keys:
        return 0
    middle = len(keys) // 2
    for half in (keys[:middle], keys[middle:]):
        try:
            if half:
                _chunk(batch, kind, half)
        except (_NotOurs, OperationalError, InterfaceError):
            raise
        except Exception as error:  # found it, or nearer to it
            if len(half) == 1:
                _fail(batch, half[0], error)
            else:
                _halved(batch, kind, half)
    return len(keys)


def _fail(batch: BatchRequest, key: int, error: Exception) -> None:
    log.error("Batch %s, item %s: %s", batch.pk, key, error, exc_info=error)
    words = f"{type(error).__name__}: {error}".strip().split("\n")[0][:300]
    with transaction.atomic():
        lines = ledger.hold_keys(batch.pk, [key])
        _write(batch, [Outcome(line.key, ItemStatus.FAILED, "broken", words) for line in lines], lines)
