"""Calls of a provider's HTTP API, on connections that a worker keeps between slices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import httpx
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from batches.kinds import Begin

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_DETAIL = 300
LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=50, keepalive_expiry=20)
TIMEOUT = httpx.Timeout(connect=8, write=8, read=25, pool=25)  # seconds; the engine allows 30 in all

PoolKey = tuple[int, str]  # channel, fingerprint of its settings


class NotReached(Exception):
    """Nothing was handed over: the provider could not be reached."""


class AnswerLost(Exception):
    """The request may have arrived; its answer didn't."""


@dataclass(slots=True, frozen=True)
class Reply:
    """What the provider answered: `body` is its JSON, or None where it was none."""

    status: int
    body: Any
    text: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def words(self) -> str:
        """The answer in short, for people."""
        return f"HTTP {self.status} {' '.join(self.text.split())}"[:LONGEST_DETAIL].strip()


class Clients:
    """The clients of one event loop, in which their connections were made and alone can be used."""

    def __init__(self) -> None:
        self._clients: dict[int, tuple[str, httpx.AsyncClient]] = {}

    async def of(self, key: PoolKey) -> httpx.AsyncClient:
        """The channel's client; a new one once its settings have changed."""
        channel, fingerprint = key
        known = self._clients.get(channel)
        if known is not None and known[0] == fingerprint:
            return known[1]
        # Redirects aren't followed, nor proxies of the environment used: a credential goes where the channel says.
        client = httpx.AsyncClient(limits=LIMITS, timeout=TIMEOUT, trust_env=False)
        self._clients[channel] = (fingerprint, client)
        if known is not None:
            await known[1].aclose()
        return client

    async def close(self) -> None:
        """Close every connection."""
        clients = [client for _fingerprint, client in self._clients.values()]
        self._clients.clear()
        for client in clients:
            await client.aclose()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Clients] = WeakKeyDictionary()


def clients() -> Clients:
    """The clients of the running loop; a worker process has one loop for its whole life."""
    return _clients.setdefault(asyncio.get_running_loop(), Clients())


async def call(key: PoolKey, method: str, url: str, *, begin: Begin | None = None, **request: Any) -> Reply:
    """Call, with `begin` right before the first byte leaves: a connection that can't be made has begun nothing.

    Raises NotReached when nothing was sent, AnswerLost when something was, and whatever `begin` raises.
    """
    begun = False

    async def trace(event: str, _info: Mapping[str, Any]) -> None:
        nonlocal begun
        if event.endswith("send_request_headers.started") and not begun:
            if begin is not None:
                begin()
            begun = True

    client = await clients().of(key)
    try:
        answer = await client.request(method, url, extensions={"trace": trace}, **request)
    except httpx.HTTPError as error:
        words = f"{type(error).__name__}: {error}".strip(": ")[:LONGEST_DETAIL]
        raise (AnswerLost if begun else NotReached)(words) from error
    return Reply(answer.status_code, _as_json(answer.content), answer.text[:2_000])


def _as_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def check_base_url(url: str) -> None:
    """Raise ValidationError for an address that credentials can't be sent to: plain http is for this machine only."""
    URLValidator(schemes=["https", "http"])(url)
    parts = httpx.URL(url)
    if parts.scheme != "https" and parts.host not in LOOPBACK:
        raise ValidationError(_("The address must begin with https://."))
