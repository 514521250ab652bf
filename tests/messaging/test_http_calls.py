"""Calls of a provider's API: connections are kept, and what is said to have begun is what may have arrived."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from queue import Queue

import pytest

from messaging.providers.http_calls import AnswerLost, NotReached, call, clients
from tests.messaging.doubles.server import DROP, Answer, Request, serving
from tests.services import free_port

KEY = (1, "settings")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that stands still between calls, as a worker's does between claims."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


class Withdrawn(Exception):
    """Nothing may be sent any more."""


def never() -> None:
    raise Withdrawn


@pytest.fixture
def closed_lines() -> Queue[None]:
    """Something for each connection that the server has closed."""
    return Queue()


@pytest.fixture
def one_call_each(closed_lines: Queue[None]) -> Iterator[str]:
    """A server that says that it keeps connections, and closes each a moment after its first answer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                line, _address = listener.accept()
            except OSError:
                return
            line.recv(65_536)
            line.sendall(OK)
            time.sleep(0.05)
            line.close()
            closed_lines.put(None)

    threading.Thread(target=answer, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_connections_are_kept_from_claim_to_claim(loop: asyncio.AbstractEventLoop) -> None:
    lines: list[int] = []

    def respond(request: Request) -> Answer:
        lines.append(request.connection)
        return Answer(body={})

    with serving(respond) as url:
        for _claim in range(2):
            loop.run_until_complete(call(KEY, "POST", url, json={}))
        loop.run_until_complete(closed())
    assert lines[0] == lines[1]


async def closed() -> None:
    await clients().close()


def test_a_connection_that_was_closed_while_the_loop_stood_still_is_not_used(
    loop: asyncio.AbstractEventLoop, one_call_each: str, closed_lines: Queue[None]
) -> None:
    for _claim in range(3):
        assert loop.run_until_complete(call(KEY, "POST", one_call_each, json={})).ok
        closed_lines.get(timeout=60)  # nobody listens


def test_what_is_withdrawn_at_the_last_moment_is_not_sent(loop: asyncio.AbstractEventLoop) -> None:
    seen: list[str] = []

    def respond(request: Request) -> Answer:
        seen.append(request.path)
        return Answer(body={})

    with serving(respond) as url:
        loop.run_until_complete(call(KEY, "POST", f"{url}/first", json={}))
        for path in ("kept", "kept"):
            with pytest.raises(Withdrawn):
                loop.run_until_complete(call(KEY, "POST", f"{url}/{path}", json={}, begin=never))
        with pytest.raises(Withdrawn):
            loop.run_until_complete(call((2, "other"), "POST", f"{url}/new", json={}, begin=never))
        loop.run_until_complete(closed())
    assert seen == ["/first"]


def test_a_server_that_is_not_there_has_begun_nothing(loop: asyncio.AbstractEventLoop) -> None:
    begun: list[bool] = []
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NotReached):
        loop.run_until_complete(call(KEY, "POST", url, json={}, begin=lambda: begun.append(True)))
    assert not begun


def test_a_line_that_drops_before_the_answer_has_begun(loop: asyncio.AbstractEventLoop) -> None:
    asked: list[Request] = []

    def respond(request: Request) -> Answer:
        asked.append(request)
        return DROP

    begun: list[bool] = []
    with serving(respond) as url:
        with pytest.raises(AnswerLost):
            loop.run_until_complete(call(KEY, "POST", url, json={}, begin=lambda: begun.append(True)))
        loop.run_until_complete(closed())
    assert len(asked) == len(begun) == 1  # and nobody has tried it again on the quiet


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_an_answer_and_not_followed(loop: asyncio.AbstractEventLoop, status: int) -> None:
    asked: list[str] = []

    def respond(request: Request) -> Answer:
        asked.append(request.path)
        return Answer(status, {}, {"Location": "/elsewhere"})

    with serving(respond) as url:
        assert loop.run_until_complete(call(KEY, "POST", f"{url}/here", json={})).status == status
        loop.run_until_complete(closed())
    assert asked == ["/here"]
