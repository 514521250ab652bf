"""Requests over a real line, to a server that listens: lengths that lie, chunks, and many at the same time."""

from __future__ import annotations

import json
import re
import socket
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from campaigns.models import Influencer
from tests.api.conftest import Caller, caller_of
from tests.factories import MembershipFactory

TOO_MUCH = 11 * 1024 * 1024


@pytest.fixture
def system(transactional_db: None, redis_db: Any) -> Caller:
    """A system with a manager's token, which servers in other threads know as well."""
    member: Membership = MembershipFactory.create(role=Role.OWNER)
    return caller_of(member)


def talk(server: Any, token: str, headers: str, body: bytes = b"") -> tuple[int, Any]:
    """Post to the list of influencers, byte for byte; the status and document that come back."""
    host = urlsplit(server.url)
    head = (
        f"POST /api/v1/influencers HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nConnection: close\r\n{headers}\r\n\r\n"
    )
    with socket.create_connection((host.hostname or "", host.port or 0), timeout=60) as line:
        line.sendall(head.encode() + body)
        answer = b""
        while not is_whole(answer):
            piece = line.recv(65_536)
            assert piece, f"the server hung up after {answer!r}"
            answer += piece
    first, _blank, document = answer.partition(b"\r\n\r\n")
    return int(first.split()[1]), json.loads(document)


def is_whole(answer: bytes) -> bool:
    """Whether the answer has come to its end, whatever the server does with the line then."""
    head, blank, document = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(blank and length and len(document) >= int(length.group(1)))


def test_a_body_said_to_be_too_large_is_refused_before_it_is_sent(system: Caller, live_server: Any) -> None:
    status, told = talk(live_server, system.token, f"Content-Length: {TOO_MUCH}")  # and no body, ever
    assert (status, told["error"]) == (413, "body_too_large")


def test_chunks_without_a_length_are_refused(system: Caller, live_server: Any) -> None:
    chunks = b"2\r\n{}\r\n0\r\n\r\n"
    status, told = talk(live_server, system.token, "Transfer-Encoding: chunked", chunks)
    assert (status, told["error"]) == (400, "length_required")


def test_nobody_without_a_token_makes_us_read_a_body(live_server: Any, transactional_db: None) -> None:
    status, told = talk(live_server, "bat_wrong", f"Content-Length: {TOO_MUCH}")
    assert (status, told["error"]) == (401, "unauthorized")


def test_a_request_sent_many_times_at_once_is_done_once(system: Caller, live_server: Any) -> None:
    body = b'{"email": "a@example.com"}'
    headers = f"Content-Length: {len(body)}\r\nIdempotency-Key: once"
    answers: list[tuple[int, Any]] = []

    def post() -> None:
        answers.append(talk(live_server, system.token, headers, body))

    threads = [Thread(target=post) for _one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert [status for status, _told in answers] == [201] * 8
    assert len({told["id"] for _status, told in answers}) == 1
    assert Influencer.objects.count() == 1
