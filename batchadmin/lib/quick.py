"""Calls that need no thread: a process of the web server reads them as they come, keeps all that wait at once, and answers each.

A thread for each call costs more than a small call does itself: hand-overs between threads, a request and an answer made of many
parts, a statement each. So an application may say, by an attribute `quick`, which calls it can take without. Only what comes
whole, over a connection that was kept open after an ordinary request, is offered to it; whatever it doesn't take, can't keep, or
would answer with anything but success goes the ordinary way, as if nobody had looked at it.
"""

# gunicorn carries no types.
# mypy: disable-error-code="import-untyped,misc,no-untyped-call"

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from functools import partial
from selectors import EVENT_READ
from typing import Any, Protocol

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER

from .patience import PatientWorker

LONGEST = 16_384  # bytes of a call that is looked at in passing
GATHER = 0.025  # seconds after the last were kept in which calls wait for others; one that comes alone waits for nothing
QUIET = 0.004  # seconds without another call, after which there is none to wait for: all callers wait for their answers

log = logging.getLogger("batchadmin.quick")


class Quick(Protocol):
    """What an application can do in passing."""

    def begins(self, data: bytes) -> bool:
        """Whether this may be a call that can be taken; at a glance, as everybody else waits meanwhile."""

    def taken(self, data: bytes) -> Any | None:
        """What this says, if it is one whole call that can be kept."""

    def kept(self, calls: Sequence[Any]) -> list[bytes]:
        """The answers to calls that were taken, in their order, once all are kept. Whatever it raises, all go the ordinary
        way, so keeping a call twice has to be the same as once."""


class QuickWorker(PatientWorker):
    """gunicorn's worker with threads, which takes small calls without them."""

    line: Line | None = None

    def run(self) -> None:
        """Serve until told to end."""
        quick = getattr(self.wsgi, "quick", None)
        if quick is not None and not self.cfg.is_ssl:
            self.line = Line(self, quick)
            self.line.start()
        super().run()

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """A connection that was kept open brings something."""
        if self.line is None or not self.alive or not self.line.takes(conn):
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.line.looks_around()
        self.nr += 1

    def calls_ended(self, ended: Sequence[tuple[Any, bool]]) -> None:
        """Keep these connections open for the next call, or close them. Runs in the main thread."""
        for conn, is_well in ended:
            # As after an ordinary request.
            if not is_well:
                self.nr_conns -= 1
                conn.close()
                continue
            conn.set_timeout()
            if not self.alive:
                conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
            self.keepalived_conns.append(conn)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_client_socket_readable, conn))

    def calls_returned(self, calls: Sequence[tuple[Any, bytes]]) -> None:
        """Let threads serve what could not be taken or kept in passing. Runs in the main thread."""
        for conn, data in calls:
            conn.parser.unreader.unread(data)
            self.enqueue_req(conn)


class Line(threading.Thread):
    """Where taken calls wait, and the thread that keeps and answers them."""

    def __init__(self, worker: QuickWorker, quick: Quick) -> None:
        super().__init__(name="quick", daemon=True)
        self._worker, self._quick = worker, quick
        self._waiting: queue.SimpleQueue[tuple[Any, bytes]] = queue.SimpleQueue()
        self._kept_at = 0.0
        self._all_wait = threading.Event()

    def looks_around(self) -> None:
        """Others can only come over connections that have nothing under way; without any, there is nobody to wait for."""
        if not self._worker.keepalived_conns:
            self._all_wait.set()

    def takes(self, conn: Any) -> bool:
        """Read what this connection brings, and let it wait if it may be a call for us; else nothing has happened."""
        if conn.is_http2:
            return False
        try:
            data = conn.sock.recv(LONGEST)
        except OSError:  # whoever reads next is told the same
            return False
        if not data:
            return False
        if not self._quick.begins(data):
            conn.parser.unreader.unread(data)
            return False
        self._waiting.put((conn, data))
        return True

    def run(self) -> None:
        """Read, keep and answer for as long as the process lives."""
        while True:
            # All of them in one go: code that has just run is read several times as fast as code that others have displaced.
            read = [(conn, data, self._read(data)) for conn, data in self._gathered()]
            self._return([(conn, data) for conn, data, call in read if call is None])
            self._keep([one for one in read if one[2] is not None])

    def _read(self, data: bytes) -> Any | None:
        try:
            return self._quick.taken(data)
        except Exception as error:  # this thread serves many; the ordinary way says what is wrong
            log.debug("A call goes the ordinary way: %s", error)
            return None

    def _keep(self, read: Sequence[tuple[Any, bytes, Any]]) -> None:
        if not read:
            return
        try:
            answers = self._quick.kept([call for _conn, _data, call in read])
        except Exception as error:
            log.warning("Calls go the ordinary way: %s", str(error).strip().split("\n")[0])
            self._return([(conn, data) for conn, data, _call in read])
        else:
            conns = [conn for conn, _data, _call in read]
            ended = [(conn, sent(conn, answer)) for conn, answer in zip(conns, answers, strict=True)]
            self._worker.method_queue.defer(self._worker.calls_ended, ended)
        self._kept_at = time.monotonic()

    def _return(self, calls: Sequence[tuple[Any, bytes]]) -> None:
        if calls:
            self._worker.method_queue.defer(self._worker.calls_returned, calls)

    def _gathered(self) -> list[tuple[Any, bytes]]:
        """The next call, and all that wait with it."""
        first = self._waiting.get()
        waiting = -1
        while (rest := self._kept_at + GATHER - time.monotonic()) > 0 and waiting < self._waiting.qsize():
            waiting = self._waiting.qsize()
            if not self._worker.keepalived_conns or self._all_wait.wait(min(rest, QUIET)):
                break
        self._all_wait.clear()
        return [first, *(self._waiting.get() for _call in range(self._waiting.qsize()))]


def sent(conn: Any, answer: bytes) -> bool:
    """Whether the whole answer went out; who doesn't read such a short one reads nothing."""
    try:
        return bool(conn.sock.send(answer) == len(answer))
    except OSError:
        return False
