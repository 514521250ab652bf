"""This process as a worker: its lease, its journal, and the pulse that renews the one and watches for Stop.

The lease decides who may hand over. It is renewed every 3 s; a worker that could not renew it for 8 s stops handing over by
itself; only after 20 s does another host take its claims over. The 12 s between are the margin for clocks and slow networks.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections, models
from django.db.models import QuerySet
from django.db.models.functions import Now

from batches.models import BatchRequest, WorkerLease
from batches.states import BatchStatus

from .journal import Journal
from .keeping import KEEPING

try:  # libuv's loop does the same for less processor time; it isn't made for every system
    from uvloop import new_event_loop as loop_new
except ImportError:
    from asyncio import new_event_loop as loop_new  # type: ignore[assignment]

RENEW_EVERY = 3.0
HAND_OVER_FOR = 8.0
TAKE_OVER_AFTER = 20.0
PULSE = 0.2
SIZES_KEPT = 100  # batches

log = logging.getLogger("batches.worker")


def journals() -> Path:
    """The folder of this host's journals."""
    return Path(settings.DATA_DIR) / "journals"


def host() -> str:
    """The name under which this host's workers are known."""
    return socket.gethostname()


def leases_held() -> QuerySet[WorkerLease]:
    """The leases of workers that live, as far as anybody can know: ended by no one, and renewed within 20 s."""
    since = Now() - timedelta(seconds=TAKE_OVER_AFTER)
    return WorkerLease.objects.filter(ended_at__isnull=True, renewed_at__gte=since)


def leases_ended_early(ids: Sequence[str]) -> list[uuid.UUID]:
    """Those of these workers that are known to be gone: they left, or their host has found them dead.

    Not those whose lease was merely not renewed: cut off, they may still be handing over what they had begun.
    """
    early = models.F("renewed_at") + timedelta(seconds=TAKE_OVER_AFTER)
    return list(WorkerLease.objects.filter(pk__in=ids, ended_at__lt=early).values_list("pk", flat=True))


def _clock() -> float:
    # Unlike the monotonic clock, this one goes on while the machine is suspended: a lease must not outlive a nap.
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Worker:
    """One process that serves batches. Made by `current_worker`, ended by `leave` or by death."""

    def __init__(self) -> None:
        self.id = uuid.uuid4()
        self.loop = loop_new()
        self.journal = Journal(journals(), self.id)
        self.stopping = False  # asked to end after the current slice
        self.sizes: dict[int, int] = {}  # how large a claim of a batch has grown, for its next slice
        self.broken = False  # its journal knows better than itself what it holds
        self._good_until = _clock() + HAND_OVER_FOR
        WorkerLease.objects.create(id=self.id, host=host(), pid=os.getpid())
        self._beside: ThreadPoolExecutor | None = None
        self._batch: int | None = None
        self._halted = False
        self._lost = False
        self._ended = threading.Event()
        self._pulse = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self._pulse.start()

    @property
    def lost(self) -> bool:
        """Whether the lease was taken away; this worker is done for."""
        return self._lost

    def sizes_keep(self, batch_id: int, size: int) -> None:
        """Let the next slice of this batch begin with claims of this size; of the last few batches only."""
        self.sizes.pop(batch_id, None)
        self.sizes[batch_id] = size
        while len(self.sizes) > SIZES_KEPT:
            del self.sizes[next(iter(self.sizes))]

    def beside(self, work: Callable[[], None], *, at_once: bool) -> Future[None]:
        """Do this in a thread with a database connection of its own, in the order of these calls; or else `at_once`.

        Inside a transaction, whose data no other connection would see, it is always done at once.
        """
        if at_once or connection.in_atomic_block:
            done: Future[None] = Future()
            try:
                work()
                done.set_result(None)
            except Exception as error:
                done.set_exception(error)
            return done
        if self._beside is None:
            self._beside = ThreadPoolExecutor(1, thread_name_prefix="reports")
        return self._beside.submit(copy_context().run, work)

    def watch(self, batch_id: int | None) -> None:
        """Keep an eye on this batch from now on: `may_hand_over` becomes False soon after it is stopped."""
        self._halted = False
        self._batch = batch_id

    def may_hand_over(self) -> bool:
        """Whether the next hand-over may begin: the lease holds and the batch has not been stopped."""
        return not self._halted and not self._lost and _clock() < self._good_until

    def leave(self) -> None:
        """End in order. With something in hand, or perhaps, leave as death does: then the journal speaks at once."""
        self._ended.set()
        self._pulse.join(timeout=2)
        KEEPING.let_go()
        if self._beside is not None:
            self._beside.submit(connections.close_all)
            self._beside.shutdown()
        if self.broken or self.journal.claim:
            self.journal.abandon()
            return
        WorkerLease.objects.filter(pk=self.id).update(ended_at=Now())
        self.journal.close()
        # What providers keep for as long as the loop lives is let go of now.
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def _beat(self) -> None:
        renewed = 0.0
        while not self._ended.wait(PULSE):
            try:
                if _clock() - renewed >= RENEW_EVERY:
                    renewed = self._renew()
                self._look()
            except (DatabaseError, InterfaceError) as error:
                log.warning("The database did not answer the pulse: %s", str(error).strip().split("\n")[0])
                connection.close()
            except Exception:  # without a pulse this process would live on and never hand over again
                log.exception("The pulse missed a beat")
        connection.close()

    def _renew(self) -> float:
        asked = _clock()
        if WorkerLease.objects.filter(pk=self.id, ended_at__isnull=True).update(renewed_at=Now()):
            self._good_until = asked + HAND_OVER_FOR
        else:
            self._lost = True
        return asked

    def _look(self) -> None:
        batch_id = self._batch
        if batch_id is None:
            return
        status = BatchRequest.objects.filter(pk=batch_id).values_list("status", flat=True).first()
        if batch_id == self._batch and status != BatchStatus.PROCESSING:
            self._halted = True


_current: Worker | None = None


def current_worker() -> Worker:
    """The worker that this process is; made at the first call, and anew if its lease was lost."""
    global _current
    if _current is not None and _current.lost:
        dead, _current = _current, None
        dead.leave()
    if _current is None:
        _current = Worker()
    return _current


def ask_to_end() -> None:
    """End after the current slice. For signal handlers: it touches nothing that the interrupted code may be using."""
    if _current is not None:
        _current.stopping = True


def leave() -> None:
    """End this process's work in order, if it has begun any."""
    global _current
    if _current is not None:
        dead, _current = _current, None
        dead.leave()
