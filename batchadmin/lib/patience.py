"""How long the web server waits for a client that sends slowly: a thread that waits serves nobody else.

This keeps slow lines, and whoever only pretends to have one, from holding threads for good. Somebody who opens enough of them
still holds all threads for FIRST_SECONDS at a time: that is what a proxy in front is for (docs/deploying.md).
"""

# gunicorn carries no types.
# mypy: disable-error-code="import-untyped,misc,no-untyped-call"

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker

FIRST_SECONDS = 20.0  # for the head of a request, and for as much of its body as the pace doesn't cover
LEAST_PACE = 10_000  # bytes a second; a file of 50 MB may take its time


class PatientUnreader(SocketUnreader):
    """Reads a request from its socket until the client has taken too long over it; then it counts as gone."""

    def __init__(self, sock: socket.socket, first_seconds: float) -> None:
        super().__init__(sock)
        self.first_seconds = first_seconds
        self.left = first_seconds

    def request_begins(self) -> None:
        """A kept connection brings another request, with time of its own."""
        self.left = self.first_seconds

    def chunk(self, size_hint: int | None = None) -> bytes:
        """What has come. Raises ConnectionResetError, which gunicorn and Django know, when the time is used up."""
        began, before = time.monotonic(), self.sock.gettimeout()
        ours = before is None or self.left < before  # a shorter limit that gunicorn has set stays
        if ours:
            self.sock.settimeout(max(0.001, self.left))
        try:
            piece: bytes = super().chunk(size_hint)
        except TimeoutError:
            if not ours:
                raise
            raise ConnectionResetError(errno.ECONNRESET, "The client sent too slowly.") from None
        finally:
            self.sock.settimeout(before)
        # Only waiting is counted, and what comes earns time: the work between two pieces isn't the client's fault.
        earned = len(piece) / LEAST_PACE
        self.left = min(self.left - (time.monotonic() - began) + earned, self.first_seconds)
        return piece


class PatientWorker(ThreadWorker):
    """gunicorn's worker with threads, whose threads don't wait for one client for ever."""

    first_seconds = FIRST_SECONDS

    def handle(self, conn: Any) -> Any:
        """Serve one request of a connection."""
        if conn.initialized:
            conn.parser.unreader.request_begins()
        elif not isinstance(conn.init, partial):  # a silent connection comes here twice
            conn.init = partial(self._begin, conn, conn.init)
        return super().handle(conn)

    def _begin(self, conn: Any, init: Callable[[], None]) -> None:
        """What gunicorn does once the first byte is there, with our way to read."""
        init()
        if not isinstance(conn.parser.unreader, PatientUnreader):
            conn.parser.unreader = PatientUnreader(conn.sock, self.first_seconds)
