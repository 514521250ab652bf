"""A provider that reports: signed statuses as WhatsApp posts them, over connections that stay open, at a steady rate."""

from __future__ import annotations

import hashlib
import hmac
import json
import multiprocessing
import select
import socket
import time
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

CONNECTIONS = 32  # as many as the proxy of `deploy/nginx` keeps open; a provider far away has more under way


@dataclass(frozen=True)
class Told:
    """What was reported: receipts that were answered with 200, a second, the slowest answer in seconds, the seconds of
    processor time that calling took, what went wrong."""

    receipts: int
    per_second: float
    slowest: float
    processor: float
    problem: str


class Reporter:
    """Posts in a process of its own, so that it doesn't share this one's time."""

    number = "106540352242922"
    secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

    def __init__(
        self, port: int, public_id: str, batch: int, keys: list[int], *, size: int, rate: int
    ) -> None:
        self._ours, theirs = multiprocessing.Pipe()
        arguments = (theirs, port, f"/hooks/{public_id}/", batch, keys, size, rate)
        self._process = multiprocessing.get_context("spawn").Process(target=post_until_told, args=arguments)
        self._told: Told | None = None

    def start(self) -> None:
        """Returns when the calls are ready and the first one goes out."""
        self._process.start()
        self._ours.recv()
        self._ours.send("go")

    def stop(self) -> Told:
        """Let the calls that have begun end, and say what came of all."""
        if self._told is None:
            self._ours.send("stop")
            self._told = self._ours.recv()
            self._process.join()
        return self._told


def post_until_told(
    parent: Connection, port: int, path: str, batch: int, keys: list[int], size: int, rate: int
) -> None:
    """The process: everybody was delivered, then everybody has read, as long as there is anybody."""
    statuses = [status_of(batch, key, what) for what in ("delivered", "read") for key in keys]
    calls = [
        request_of(port, path, statuses[start : start + size]) for start in range(0, len(statuses), size)
    ]
    warm_up(port, calls[0])
    parent.send("ready")
    parent.recv()
    # The server closes a connection that brings nothing for two seconds, and each is to bring something every second.
    line = Line(port, calls, size / rate, max(1, min(CONNECTIONS, rate // size)))
    spent_before = time.process_time()
    line.work(parent)
    took, spent = time.monotonic() - line.began, time.process_time() - spent_before
    told = len(line.answers) * size
    parent.send(Told(told, told / took, max(line.answers, default=0.0), spent, line.problem))


def warm_up(port: int, call: bytes) -> None:
    """Whoever calls first waits until the server has loaded its code. A call that is repeated changes nothing."""
    for _time in range(CONNECTIONS):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            post(connection, call)


class Line:
    """The calls that are to be made, one each `every` seconds, by whichever connection is free.

    One thread that waits for all of them: a provider's machine is another one, and costs this one nothing.
    """

    def __init__(self, port: int, calls: list[bytes], every: float, connections: int) -> None:
        self.calls, self.every = calls, every
        self.answers: list[float] = []  # seconds from call to answer
        self.problem = ""
        self._made = 0
        # Each in turn, so that none brings nothing for so long that the server closes it.
        self._free = deque(
            socket.create_connection(("127.0.0.1", port)) for _connection in range(connections)
        )
        self._asked: dict[int, tuple[socket.socket, float]] = {}  # by the connection's number
        self.began = time.monotonic()

    def work(self, parent: Connection) -> None:
        """Call until told to end or out of calls, and let the calls that have begun end."""
        poller, ends = select.epoll(), parent.fileno()
        for number in [*(connection.fileno() for connection in self._free), ends]:
            poller.register(number, select.EPOLLIN)
        self.began, told = time.monotonic(), False
        while not (self.problem or (told and not self._asked)):
            wait = None if told else self._post_due()
            for number, _event in poller.poll(wait):
                if number == ends:
                    told = bool(parent.recv())
                    poller.unregister(ends)
                else:
                    self._read(number)

    def _post_due(self) -> float | None:
        """Make the calls that are due; seconds until the next one, or None if that waits for an answer or for the end."""
        while self._free and self._made < len(self.calls):
            rest = self.began + self._made * self.every - time.monotonic()
            if rest > 0:
                return rest
            connection = self._free.popleft()
            connection.sendall(self.calls[self._made])
            self._asked[connection.fileno()] = connection, time.monotonic()
            self._made += 1
        return None

    def _read(self, number: int) -> None:
        connection, asked = self._asked.pop(number)
        try:
            heard(connection)
        except (OSError, RuntimeError) as error:
            self.problem = str(error)
        self.answers.append(time.monotonic() - asked)
        self._free.append(connection)


def post(connection: socket.socket, call: bytes) -> None:
    """One call over a connection that is open; raises RuntimeError unless it is answered with 200."""
    connection.sendall(call)
    heard(connection)


def heard(connection: socket.socket) -> None:
    """Read an answer; raises RuntimeError unless it says 200."""
    answer = b""
    while b"\r\n\r\nok" not in answer:
        piece = connection.recv(65_536)
        answer += piece
        if not piece or not b"HTTP/1.1 200".startswith(answer[:12]):
            raise RuntimeError(f"the report was answered with {answer[:200]!r}")


def status_of(batch: int, key: int, what: str) -> dict[str, Any]:
    """A status as the documentation has it, with our own id in it."""
    return {
        "id": f"wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI3MTE5MjVBOTE3MDk5{key:012d}",
        "status": what,
        "timestamp": str(int(time.time())),
        "recipient_id": "16505551234",
        "biz_opaque_callback_data": f"b{batch}-{key}",
        "conversation": {"id": "3c3ea7e5a1b4d3dd8fd5d8d1b0a6cbf1", "origin": {"type": "marketing"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
    }


def request_of(port: int, path: str, statuses: list[dict[str, Any]]) -> bytes:
    """A whole HTTP request."""
    about = {"display_phone_number": "15550783881", "phone_number_id": Reporter.number}
    value = {"messaging_product": "whatsapp", "metadata": about, "statuses": statuses}
    entry = {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    mark = hmac.new(Reporter.secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Hub-Signature-256: sha256={mark}\r\n\r\n"
    )
    return head.encode() + body
