"""Calls of a provider's HTTP API, on connections that a worker keeps between slices."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from batchadmin.lib.later import later
from batchadmin.lib.outgoing import PORTS
from batches.kinds import Begin

from .reachable import NotReachable, host_check, literal_check

if TYPE_CHECKING:
    import aiohttp

    from . import resolver
else:
    aiohttp, resolver = later("aiohttp"), later("messaging.providers.resolver")

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_DETAIL = 300
KEPT_FOR = 20  # seconds that a connection may rest
TIMEOUT = {"connect": 8, "sock_connect": 8, "sock_read": 25}  # seconds; the engine allows 30 in all
RESTED = 0.05  # seconds after which the other side may have closed what rests here

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
        self._clients: dict[int, tuple[str, aiohttp.ClientSession]] = {}
        self._used_at = 0.0
        self._goodbye: AsyncGenerator[None] | None = None

    async def of(self, key: PoolKey) -> aiohttp.ClientSession:
        """The channel's client; a new one once its settings have changed."""
        await self._hear_goodbyes()
        channel, fingerprint = key
        known = self._clients.get(channel)
        if known is not None and known[0] == fingerprint:
            return known[1]
        if self._goodbye is None:
            self._goodbye = self._until_the_loop_ends()
            await anext(self._goodbye)
        client = _client()
        self._clients[channel] = (fingerprint, client)
        if known is not None:
            await known[1].close()
        return client

    async def close(self) -> None:
        """Close every connection."""
        clients = [client for _fingerprint, client in self._clients.values()]
        self._clients.clear()
        for client in clients:
            await client.close()

    async def _until_the_loop_ends(self) -> AsyncGenerator[None]:
        """A generator that whoever ends the loop in order closes (`shutdown_asyncgens`), and with it the connections."""
        try:
            yield
        finally:
            await self.close()

    async def _hear_goodbyes(self) -> None:
        # A worker's loop stands still between claims. What the other side has closed meanwhile is only noticed when the loop
        # turns: to read the end, to say so, to drop the connection. A request on it would end as unknown for nothing.
        rested = time.monotonic() - self._used_at > RESTED
        self._used_at = time.monotonic()
        if rested:
            for _turn in range(3):
                await asyncio.sleep(0)


def _client() -> aiohttp.ClientSession:
    """Proxies of the environment are not used, and nothing is kept but connections: a credential goes where the channel says."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_connected)
    trace.on_connection_reuseconn.append(_connected)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_FOR, resolver=resolver.Resolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, **TIMEOUT),
        trace_configs=[trace],
    )


async def _connected(_client: aiohttp.ClientSession, call: Any, _info: Any) -> None:
    """There is a connection for a request, of which the first byte leaves right after this."""
    call.trace_request_ctx()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Clients] = WeakKeyDictionary()


def clients() -> Clients:
    """The clients of the running loop; a worker process has one loop for its whole life."""
    return _clients.setdefault(asyncio.get_running_loop(), Clients())


async def call(
    key: PoolKey,
    method: str,
    url: str,
    *,
    begin: Begin | None = None,
    auth: tuple[str, str] | None = None,
    **request: Any,
) -> Reply:
    """Call, with `begin` right before the first byte leaves: a connection that can't be made has begun nothing.

    Redirects aren't followed. Raises NotReached when nothing was sent, AnswerLost when something was, and whatever `begin`
    raises.
    """
    parts = urlsplit(url)
    try:
        literal_check(parts.hostname or "", parts.port or PORTS[parts.scheme])
    except NotReachable as error:
        raise NotReached(str(error)) from error
    begun = False

    def connected() -> None:
        nonlocal begun
        if not begun and begin is not None:
            begin()
        begun = True

    client = await clients().of(key)
    login = None if auth is None else aiohttp.BasicAuth(*auth)
    asked = client.request(
        method, url, auth=login, allow_redirects=False, trace_request_ctx=connected, **request
    )
    try:
        async with asked as answer:
            content = await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        cause = getattr(error, "os_error", None)  # aiohttp wraps what its resolver raises
        said = str(cause) if isinstance(cause, NotReachable) else f"{type(error).__name__}: {error}"
        words = said.strip(": ")[:LONGEST_DETAIL]
        raise (AnswerLost if begun else NotReached)(words) from error
    return Reply(answer.status, _as_json(content), content[:2_000].decode(errors="replace"))


def _as_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def check_base_url(url: str) -> None:
    """Raise ValidationError for an address that credentials can't be sent to: plain http is for this machine only."""
    URLValidator(schemes=["https", "http"])(url)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValidationError(_("The address must begin with https://."))
    host_check(parts.hostname or "")
