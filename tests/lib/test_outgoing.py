"""Requests to addresses that people have entered stay out of our own network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest

from batchadmin.lib.outgoing import KEPT_OF_ANSWER, OutgoingError, OutgoingRefused, is_public, post, url_check
from batchadmin.lib.signing import signature, signed_headers
from tests.fixtures.receiver import Got, Receiver

HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def allowed(settings: Any) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%lo",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "::ffff:0:127.0.0.1",
        "::ffff:169.254.169.254",
        "fec0::1",
        "3fff::1",
        "240.0.0.1",
    ],
)
def test_inside_addresses_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_outside_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://169.254.169.254/latest/",
        "ftp://example.com/",
        "example.com",
        "https://",
        "http://user:word@example.com/",
        "http://example.com:99999/",
        "http://[::1",
        "",
        "http://example.com/a b",
        "http://example.com/\r\nX: y",
        "file:///etc/passwd",
        "https://exämple.com/",
        "http://example.com/" + "x" * 2000,
    ],
)
def test_such_addresses_are_refused_in_words(url: str) -> None:
    with pytest.raises(OutgoingRefused, match=r"\w+ \w+"):
        url_check(url)


def test_a_name_that_resolves_inside_is_refused_before_anything_is_sent(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port))]
    outside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", receiver.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: outside + inside)
    with pytest.raises(OutgoingRefused):
        post(f"http://rebound.example:{receiver.port}/", body=b"{}", headers=HEADERS)
    assert receiver.requests == []


def test_a_name_is_looked_up_once_and_that_answer_is_connected_to(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = ["hook.example"]
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
        if host != "hook.example":
            return real(host, *args, **kwargs)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    reply = post(f"http://hook.example:{receiver.port}/a?b=c", body=b"{}", headers=HEADERS)
    assert (reply.status, asked) == (200, ["hook.example"])
    assert receiver.requests[0].path == "/a?b=c"
    assert receiver.requests[0].headers["Host"] == f"hook.example:{receiver.port}"


@pytest.mark.usefixtures("allowed")
def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [302], {"Location": receiver.url}
    assert post(receiver.url, body=b"{}", headers=HEADERS).status == 302
    assert len(receiver.requests) == 1


@pytest.mark.usefixtures("allowed")
def test_a_server_that_hangs_is_left_in_time(receiver: Receiver) -> None:
    left = threading.Event()

    def hang(got: Got) -> None:
        left.wait(60)

    receiver.on_request = hang
    try:
        with pytest.raises(OutgoingError, match=r"within 0\.3 seconds"):
            post(receiver.url, body=b"{}", headers=HEADERS, seconds=0.3)
    finally:
        left.set()


@contextmanager
def speaking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that answers its one caller as it likes, and not as HTTP wants; its address."""

    def serve() -> None:
        line, _address = listening.accept()
        with line, suppress(OSError):
            asked = b""
            while not asked.endswith(b"{}") and (piece := line.recv(65536)):  # head and body may come apart
                asked += piece
            say(line)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def endless(line: socket.socket) -> None:
    """A body that never ends; the sender stops when nobody reads it any more."""
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(b"x" * 65536)


def header_after_header(line: socket.socket) -> None:
    """Headers without end."""
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        line.sendall(b"X-More: " + b"y" * 8000 + b"\r\n")


@pytest.mark.usefixtures("allowed")
def test_of_an_answer_without_end_only_the_beginning_is_read() -> None:
    with speaking(endless) as url:
        reply = post(url, body=b"{}", headers=HEADERS, seconds=300)
    assert reply.body == "x" * KEPT_OF_ANSWER
    assert reply.seconds < 300


class Guard:
    """In place of the timer that cuts a line: time is up when the test says so, and not before the answer has begun."""

    def __init__(
        self, seconds: float, cut: Callable[[socket.socket], None], given: list[socket.socket]
    ) -> None:
        self.seconds, self._cut, self._is_running = seconds, partial(cut, *given), False

    def start(self) -> None:
        self._is_running = True

    def cancel(self) -> None:
        self._is_running = False

    def time_is_up(self) -> None:
        if self._is_running:
            self._cut()


@pytest.mark.usefixtures("allowed")
def test_an_answer_that_drips_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    guards: list[Guard] = []

    def guard(*given: Any) -> Guard:
        guards.append(Guard(*given))
        return guards[-1]

    def dripping(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nxxx")
        guards[0].time_is_up()
        line.recv(1)  # it hangs up, and has not waited for the rest

    monkeypatch.setattr("batchadmin.lib.outgoing.threading.Timer", guard)
    with speaking(dripping) as url:
        reply = post(url, body=b"{}", headers=HEADERS, seconds=120)
    assert (reply.status, reply.body) == (200, "xxx")
    assert 0 < guards[0].seconds <= 120


@pytest.mark.usefixtures("allowed")
def test_headers_without_end_are_no_answer() -> None:
    with speaking(header_after_header) as url, pytest.raises(OutgoingError):
        post(url, body=b"{}", headers=HEADERS, seconds=30)


@pytest.mark.usefixtures("allowed")
def test_nobody_listening_is_said_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(OutgoingError, match="refused the connection"):
            post(f"http://127.0.0.1:{taken.getsockname()[1]}/", body=b"{}", headers=HEADERS)


def test_the_signature_covers_time_and_body() -> None:
    headers = signed_headers("whsec_x", b"{}", at=1_700_000_000)
    assert headers["Batchadmin-Signature"] == signature("whsec_x", b"{}", at=1_700_000_000)
    others = {
        signature("whsec_x", b"{ }", at=1_700_000_000),
        signature("whsec_x", b"{}", at=1_700_000_001),
        signature("whsec_y", b"{}", at=1_700_000_000),
    }
    assert headers["Batchadmin-Signature"] not in others
    assert len(others) == 3
