"""The server of tests that need one: nothing that was asked of it is under way when it has come to rest."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from threading import Event, Thread, Timer
from typing import Any
from wsgiref.types import StartResponse

import pytest
from django.test.testcases import QuietWSGIRequestHandler

from tests.fixtures.live import PatientServer

ASKED = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Slow:
    """Answers when it is let go, and counts what it has done."""

    def __init__(self) -> None:
        self.let_go = Event()
        self.done = 0

    def __call__(self, _environ: dict[str, Any], start: StartResponse) -> list[bytes]:
        self.let_go.wait()
        self.done += 1
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def server(slow: Slow) -> Iterator[PatientServer]:
    found = PatientServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    found.set_app(slow)
    thread = Thread(target=found.serve_forever, args=(0.05,))
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


def test_what_was_asked_by_those_who_hung_up_is_done_before_the_next_test(
    server: PatientServer, slow: Slow
) -> None:
    for _page in range(3):
        with socket.create_connection(("127.0.0.1", server.server_port)) as page:
            page.sendall(ASKED)
    later = Timer(0.3, slow.let_go.set)
    later.start()
    server.come_to_rest()
    assert slow.done == 3
    later.join()


def test_nobody_waits_for_a_line_on_which_nothing_is_asked(server: PatientServer, slow: Slow) -> None:
    slow.let_go.set()
    with socket.create_connection(("127.0.0.1", server.server_port)) as line:
        line.sendall(ASKED)
        assert line.recv(1000)
        server.come_to_rest()
    assert slow.done == 1
