"""One connection to an SMTP server, as short as it can be: lines in, replies out."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections import deque
from contextlib import suppress
from typing import cast

from django.utils.translation import gettext as _

from .base import ProviderFault
from .reachable import NotReachable, addresses_of
from .smtp_status import Reply
from .smtp_tls import tls_context, tls_fault

MOST_BUFFERED = 64 * 1024  # a reply longer than this is no SMTP
_KNOWN: dict[bytes, Reply] = {}  # replies of one line, as they came: most are one of a few
MOST_KNOWN = 200
GOODBYE_SECONDS = 3.0


class ConnectionGone(Exception):
    """The connection was lost; the text says how."""


class GarbageReply(Exception):
    """What came is not SMTP."""


class SmtpConnection(asyncio.Protocol):
    """Collects replies, and lets one task at a time wait for the next."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.features: dict[str, str] = {}
        self.used_at = time.monotonic()
        self.fresh = True  # nothing has been sent over it yet
        self._replies: deque[Reply] = deque()
        self._lines: list[str] = []
        self._buffer = b""
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 1  # replies without which the waiter needn't wake
        self._lost: Exception | None = None

    # --- called by the event loop ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MOST_BUFFERED:
            self._break(GarbageReply("The server's answer is not SMTP: a line without an end."))
            return
        for line in lines:
            if self._lost is not None:  # what follows garbage may be an answer to anything
                return
            known = None if self._lines else _KNOWN.get(line)
            if known is None:
                self._take_line(line)
            else:
                self._replies.append(known)
        if len(self._replies) >= self._wanted:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        words = f": {exc}" if exc else ""
        self._break(ConnectionGone(f"The server closed the connection{words}."))

    def eof_received(self) -> bool:
        return False

    # --- called by the provider -----------------------------------------------------------------------------------------

    @property
    def broken(self) -> bool:
        """Whether it can't be used any more."""
        return self._lost is not None or self.transport is None or self.transport.is_closing()

    @property
    def says_more(self) -> bool:
        """Whether there are replies that nobody has asked for, or not yet."""
        return bool(self._replies)

    def write(self, data: bytes) -> None:
        """Send; raises ConnectionGone if the connection is known to be lost."""
        if self.transport is None or self.broken:
            raise self._lost or ConnectionGone("The connection is closed.")
        self.transport.write(data)

    async def reply(self) -> Reply:
        """The next reply; raises ConnectionGone or GarbageReply."""
        if not self._replies:
            await self._until(1)
        if not self._replies:
            raise self._lost or ConnectionGone("The connection is closed.")
        return self._replies.popleft()

    async def replies(self, wanted: int) -> list[Reply]:
        """The replies to commands sent together; raises ConnectionGone or GarbageReply.

        A server that refuses one may close before it has answered the rest: then they are fewer.
        """
        if len(self._replies) < wanted:
            await self._until(wanted)
        found = [self._replies.popleft() for _reply in range(min(wanted, len(self._replies)))]
        if len(found) < wanted and (not found or found[-1].ok or not isinstance(self._lost, ConnectionGone)):
            raise self._lost or ConnectionGone("The connection is closed.")
        return found

    async def _until(self, wanted: int) -> None:
        """Wait until so many replies are there, or the connection is lost."""
        self._wanted = wanted
        while len(self._replies) < wanted and self._lost is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    async def ask(self, line: bytes) -> Reply:
        """Send one command and return its reply."""
        self.write(line + b"\r\n")
        return await self.reply()

    def close(self) -> None:
        """Say goodbye without waiting for an answer."""
        if self.transport is not None and not self.broken:
            self.transport.write(b"QUIT\r\n")
            self.transport.close()

    async def goodbye(self) -> None:
        """Say goodbye, and wait until the server has closed the connection too, but not for long."""
        with suppress(ConnectionGone, GarbageReply, TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                self.write(b"QUIT\r\n")
                while True:
                    await self.reply()
        self.abort()

    def abort(self) -> None:
        """Cut the connection: whatever is half said must not be taken for whole."""
        self._break(ConnectionGone("We closed the connection."))
        if self.transport is not None:
            self.transport.abort()

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _take_line(self, raw: bytes) -> None:
        line = raw.rstrip(b"\r").decode("utf-8", "replace")
        code, mark, text = line[:3], line[3:4], line[4:]
        if not (len(code) == 3 and code.isascii() and code.isdigit() and mark in ("", " ", "-")):
            self._break(GarbageReply(f"The server's answer is not SMTP: {line[:80]}"))
            return
        self._lines.append(text)
        if mark != "-":
            reply = Reply(int(code), "\n".join(self._lines))
            if len(self._lines) == 1:
                _remember(raw, reply)
            self._replies.append(reply)
            self._lines = []

    def _break(self, reason: Exception) -> None:
        if self._lost is None:
            self._lost = reason
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def forget_input(self) -> None:
        """Drop what came before TLS: it may have been put there by somebody in between."""
        self._buffer = b""
        self._replies.clear()
        self._lines = []


def _remember(raw: bytes, reply: Reply) -> None:
    if len(_KNOWN) >= MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[raw] = reply


async def connect(
    *, host: str, port: int, security: str, username: str, password: str, our_name: str
) -> SmtpConnection:
    """A connection that has said hello and logged in; raises ProviderFault with the cause in words."""
    try:
        connection = await _opened(host, port, security)
        try:
            await _greeted(connection, host, security, our_name)
            if username:
                await _logged_in(connection, username, password)
        except BaseException:
            connection.abort()
            raise
    except ssl.SSLError as error:
        raise tls_fault(host, port, error) from error
    except NotReachable as error:
        raise ProviderFault("connection", str(error)) from error
    except (ConnectionGone, GarbageReply, OSError) as error:
        raise ProviderFault("connection", f"{host}:{port}: {words_of(error)}") from error
    return connection


def words_of(error: Exception) -> str:
    """Why there is no connection, in plain words where we have them."""
    if isinstance(error, ConnectionRefusedError):
        return _("Nobody answers on this port.")
    return str(error)


async def _opened(host: str, port: int, security: str) -> SmtpConnection:
    loop = asyncio.get_running_loop()
    context = tls_context() if security == "tls" else None
    name = host if context else None
    addresses = await addresses_of(host, port)
    for address in addresses:
        try:
            made = await loop.create_connection(
                SmtpConnection, address, port, ssl=context, server_hostname=name
            )
        except OSError:  # refused, no way there, another certificate: the next may be better
            if address == addresses[-1]:
                raise
        else:
            return made[1]
    raise ConnectionGone("There is no address.")


async def _greeted(connection: SmtpConnection, host: str, security: str, our_name: str) -> None:
    greeting = await connection.reply()
    if not 200 <= greeting.code < 300:
        raise ProviderFault("connection", f"{greeting.code} {greeting.text}")
    await _hello(connection, our_name)
    if security != "starttls":
        return
    if "STARTTLS" not in connection.features:
        raise ProviderFault("no_starttls", _("It doesn't offer STARTTLS on this port."))
    answer = await connection.ask(b"STARTTLS")
    if not answer.ok:
        raise ProviderFault("no_starttls", f"{answer.code} {answer.text}")
    connection.forget_input()
    loop = asyncio.get_running_loop()
    if connection.transport is None:
        raise ConnectionGone("The connection is closed.")
    transport = await loop.start_tls(connection.transport, connection, tls_context(), server_hostname=host)
    connection.transport = transport
    await _hello(connection, our_name)


async def _hello(connection: SmtpConnection, our_name: str) -> None:
    connection.features = {}
    answer = await connection.ask(b"EHLO " + our_name.encode("ascii", "replace"))
    if answer.ok:
        for line in answer.text.split("\n")[1:]:
            word, _blank, rest = line.strip().partition(" ")
            connection.features[word.upper()] = rest.upper()
        return
    answer = await connection.ask(b"HELO " + our_name.encode("ascii", "replace"))
    if not answer.ok:
        raise ProviderFault("connection", f"{answer.code} {answer.text}")


async def _logged_in(connection: SmtpConnection, username: str, password: str) -> None:
    ways = connection.features.get("AUTH", "").split()
    if "PLAIN" in ways:
        secret = base64.b64encode(f"\0{username}\0{password}".encode())
        answer = await connection.ask(b"AUTH PLAIN " + secret)
    elif "LOGIN" in ways:
        answer = await connection.ask(b"AUTH LOGIN")
        for word in (username, password):
            if answer.code != 334:  # it has refused already: what follows would be a command to it
                break
            answer = await connection.ask(base64.b64encode(word.encode()))
    else:
        raise ProviderFault("no_auth", _no_auth_words(ways))
    if not 200 <= answer.code < 300:
        raise ProviderFault("5.7.8" if answer.code >= 500 else "connection", f"{answer.code} {answer.text}")


def _no_auth_words(ways: list[str]) -> str:
    """What the server offers instead of a log-in that we know. Many offer one only after encryption."""
    if ways:
        return _("It offers %(ways)s; we know PLAIN and LOGIN.") % {"ways": ", ".join(ways)}
    return _("Many servers offer one only with encryption.")
