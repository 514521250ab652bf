"""Calls that need no thread: gunicorn, started as a process, and an application that takes some of them in passing."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fixtures.processes import wait_until
from tests.services import ROOT

APP = """
import time
from pathlib import Path

HERE = Path(__file__).parent


class Quick:
    def begins(self, data):
        return data.startswith(b"POST")

    def taken(self, data):
        body = data.partition(b"\\r\\n\\r\\n")[2]
        return body if body in (b"quick", b"refused", b"waits") else None

    def kept(self, calls):
        if b"refused" in calls:
            raise ValueError("this can't be kept")
        while b"waits" in calls and not (HERE / "go").exists():
            (HERE / "waiting").touch()
            time.sleep(0.01)
        return [b"HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nin passing"] * len(calls)


def application(environ, start_response):
    read = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(read) + 8))])
    return [b"by view " + read]


application = type("Application", (), {"quick": Quick(), "__call__": staticmethod(application)})()
"""


class Server:
    """A gunicorn with one thread, and a folder that it and the test see."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.port, self.process = folder, port, process

    @contextmanager
    def line(self) -> Iterator[socket.socket]:
        """A connection that has been served once, and is kept."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            assert told(line, b"hello") == b"by view hello"
            yield line


def call(body: bytes) -> bytes:
    """In one piece, as proxies pass it on."""
    return b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def answer(line: socket.socket) -> bytes:
    response = http.client.HTTPResponse(line)
    response.begin()
    return response.read()


def told(line: socket.socket, body: bytes) -> bytes:
    line.sendall(call(body))
    return answer(line)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "passing.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-m", "gunicorn", "passing:application", "--config", "/dev/null"]
        command += ["--bind", f"fd://{listening.fileno()}", "--threads", "1", "--no-control-socket"]
        command += ["--keep-alive", "3600"]  # however long it takes until a line is used again
        command += [
            "--worker-class",
            "batchadmin.lib.quick.QuickWorker",
            "--pythonpath",
            f"{ROOT},{tmp_path}",
        ]
        process = subprocess.Popen(command, pass_fds=[listening.fileno()], cwd=tmp_path)
        try:
            yield Server(tmp_path, listening.getsockname()[1], process)
        finally:
            process.terminate()
            process.wait(60)


def test_what_the_application_takes_is_answered_in_passing_and_all_else_by_its_views(server: Server) -> None:
    with server.line() as line:
        answers = [told(line, body) for body in (b"quick", b"quick", b"another", b"refused", b"quick")]
    assert answers == [b"in passing", b"in passing", b"by view another", b"by view refused", b"in passing"]


def test_a_call_that_comes_in_pieces_is_read_to_its_end(server: Server) -> None:
    with server.line() as line, server.line() as another:
        line.sendall(call(b"quick")[:-3])
        assert told(another, b"quick") == b"in passing"
        line.sendall(b"ick")
        assert answer(line) == b"by view quick"


def test_who_is_told_to_end_answers_what_it_has_taken(server: Server) -> None:
    with server.line() as line:
        line.sendall(call(b"waits"))
        wait_until((server.folder / "waiting").exists, seconds=60, what="the call to be taken")
        server.process.terminate()
        (server.folder / "go").touch()
        assert answer(line) == b"in passing"
        assert server.process.wait(60) == 0
