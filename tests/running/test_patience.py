"""Clients that send slowly: gunicorn, started as a process, with all of its threads held by them; and what they may take."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from batchadmin.lib import patience
from batchadmin.lib.patience import FIRST_SECONDS, LEAST_PACE, PatientUnreader
from tests.services import ROOT

THREADS = 2
HEAD = b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow: "
BODY = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n"
APP = """
from batchadmin.lib.patience import PatientWorker


class Hasty(PatientWorker):
    first_seconds = 0.5


def application(environ, start_response):
    read = len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(read).encode()]
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where a gunicorn listens whose clients have half a second."""
    (tmp_path / "hasty.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-m", "gunicorn", "hasty:application", "--config", "/dev/null"]
        command += [
            "--bind",
            f"fd://{listening.fileno()}",
            "--worker-class",
            "hasty.Hasty",
            "--threads",
            f"{THREADS}",
        ]
        command += ["--pythonpath", f"{ROOT},{tmp_path}", "--no-control-socket"]
        server = subprocess.Popen(command, pass_fds=[listening.fileno()], cwd=tmp_path)
        try:
            yield listening.getsockname()[1]
        finally:
            server.terminate()
            server.wait(60)


@contextmanager
def dripping(port: int, beginning: bytes) -> Iterator[socket.socket]:
    """A client that begins a request and then sends a byte now and then, for as long as it can."""
    over = threading.Event()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(beginning)

        def drip() -> None:
            while not over.wait(0.05):
                try:
                    line.sendall(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield line
        finally:
            over.set()
            thread.join()


def answered(port: int) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", body=b"")
    return connection.getresponse().read()


@pytest.mark.parametrize("beginning", [HEAD, BODY], ids=["head", "body"])
def test_slow_clients_hold_every_thread_for_a_while_only(port: int, beginning: bytes) -> None:
    with ExitStack() as clients:
        for _ in range(THREADS + 1):
            clients.enter_context(dripping(port, beginning))
        assert answered(port) == b"0"


class SlowLine:
    """A line that brings a piece after so many seconds, of a clock that goes on only while somebody waits for one."""

    def __init__(self, piece: bytes, *, after: float) -> None:
        self._piece, self._after = piece, after
        self.now, self.limit = 0.0, float("inf")

    def monotonic(self) -> float:
        return self.now

    def gettimeout(self) -> float:
        return self.limit

    def settimeout(self, limit: float) -> None:
        self.limit = limit

    def recv(self, _size: int) -> bytes:
        self.now += min(self._after, self.limit)
        if self._after > self.limit:
            raise TimeoutError
        return self._piece


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[SlowLine], PatientUnreader]:
    """A function that gives what reads a line, and goes by that line's clock."""

    def read(line: SlowLine) -> PatientUnreader:
        monkeypatch.setattr(patience, "time", line)
        return PatientUnreader(cast(Any, line), FIRST_SECONDS)

    return read


def test_a_large_body_may_take_longer_than_a_small_one(
    reading: Callable[[SlowLine], PatientUnreader],
) -> None:
    line = SlowLine(b"x" * LEAST_PACE, after=1.0)
    reader = reading(line)
    assert sum(len(reader.chunk()) for _piece in range(300)) == 300 * LEAST_PACE
    assert line.now == 300.0


def test_one_that_comes_too_slowly_is_given_up_whatever_its_size(
    reading: Callable[[SlowLine], PatientUnreader],
) -> None:
    line = SlowLine(b"x" * (LEAST_PACE // 2), after=1.0)
    reader = reading(line)
    with pytest.raises(ConnectionResetError, match="too slowly"):
        b"".join(iter(reader.chunk, b""))
    assert FIRST_SECONDS < line.now <= 2 * FIRST_SECONDS + 1
