"""Requests to addresses that people have entered: never into our own network, whatever a name resolves to.

The name is resolved once, every address it has is checked, and the connection goes to a checked address: a second
look-up, which might give another one, never happens. Redirects aren't followed. `settings.OUTGOING_ALLOWED_HOSTS`
names hosts that are meant to be reached although they are inside.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

CONNECT_SECONDS = 5.0
KEPT_OF_ANSWER = 2_000  # bytes of an answer's body that are read and kept
LONGEST_URL = 2_000
PORTS = {"http": 80, "https": 443}
# Python counts these as global, or did in some versions: cloud hosts' own services, and networks that embed other ones.
NEVER = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
        "fec0::/10",
        "3fff::/20",
    )
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutgoingError(Exception):
    """There was no answer; `str()` says why. Trying again later may help."""


class OutgoingRefused(OutgoingError):
    """We don't send there, now or later: the address is malformed or inside our own network."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered: the status, the beginning of the body as text, and after how many seconds."""

    status: int
    body: str
    seconds: float

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Found:
    """What was got: the status, the whole body, and the headers with their names in small letters."""

    status: int
    content: bytes
    headers: Mapping[str, str]


class OutgoingTooLarge(OutgoingError):
    """The answer is larger than it may be; no more of it was read."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_allowed(self) -> bool:
        """Whether settings name the host (or host:port) as one to be reached wherever it is."""
        named = set(settings.OUTGOING_ALLOWED_HOSTS)
        return self.host in named or f"{self.host}:{self.port}" in named


def url_check(url: str) -> None:
    """Raise OutgoingRefused for an address that could never be sent to. A name that doesn't resolve now is no reason."""
    target = _target(url)
    try:
        _resolved(target)
    except OutgoingRefused:
        raise
    except OutgoingError:
        return


def post(url: str, *, body: bytes, headers: Mapping[str, str], seconds: float = 10.0) -> Reply:
    """Send `body` and return the answer, redirects and errors included; all of it takes at most about `seconds`.

    Raises OutgoingRefused for an address that is not to be reached, OutgoingError when there is no answer.
    """
    began = time.monotonic()
    with _asked("POST", url, body=body, headers=headers, seconds=seconds) as answer:
        text = answer.read(KEPT_OF_ANSWER).decode("utf-8", "replace").replace("\x00", "\ufffd")
    return Reply(answer.status, text, time.monotonic() - began)


def get(url: str, *, headers: Mapping[str, str], most: int, seconds: float = 15.0) -> Found:
    """Get what is there, of at most `most` bytes; redirects and errors are answers as well. Takes at most about `seconds`.

    Raises OutgoingRefused for an address that is not to be reached, OutgoingTooLarge for more than `most`, OutgoingError when
    there is no whole answer.
    """
    with _asked("GET", url, body=None, headers=headers, seconds=seconds) as answer:
        if int(answer.length or 0) > most:
            raise OutgoingTooLarge(_("It is too large."))
        content = answer.read(most + 1)
        if len(content) > most:
            raise OutgoingTooLarge(_("It is too large."))
        told = {name.lower(): value for name, value in answer.getheaders()}
    return Found(answer.status, content, told)


@contextmanager
def _asked(
    method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float
) -> Iterator[http.client.HTTPResponse]:
    """The answer to one request, to be read inside the block."""
    target = _target(url)
    began = time.monotonic()
    address = _resolved(target)
    connection = _connection(target, seconds)
    try:
        connection.sock = _connected(target, address, min(CONNECT_SECONDS, seconds))
        connection.sock.settimeout(seconds)
        # A server that sends one byte at a time never runs into the socket's own limit.
        guard = threading.Timer(max(0.1, began + seconds - time.monotonic()), _cut, [connection.sock])
        guard.daemon = True
        guard.start()
        try:
            connection.request(method, target.path, body=body, headers=dict(headers))
            yield connection.getresponse()
        finally:
            guard.cancel()
    except (OSError, http.client.HTTPException) as error:
        raise OutgoingError(_reason(error, began, seconds)) from None
    finally:
        connection.close()


def _target(url: str) -> Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise OutgoingRefused(_("This isn't a web address.")) from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise OutgoingRefused(_("This isn't a web address. Write one like https://example.com/hook."))
    if parts.username is not None or parts.password is not None:
        raise OutgoingRefused(_("Leave out the name and password: requests are signed instead."))
    if (
        len(url) > LONGEST_URL
        or not url.isascii()
        or any(ord(char) <= 32 or ord(char) == 127 for char in url)
    ):
        raise OutgoingRefused(_("The address is too long, or has characters that must be written as %xx."))
    return Target(parts.scheme, parts.hostname, port or PORTS[parts.scheme], _path(parts))


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _resolved(target: Target) -> str:
    """The one address to connect to; raises OutgoingRefused if any address of the name is inside."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise OutgoingError(_("No address is known for {host}.").format(host=target.host)) from None
    addresses = [str(info[4][0]) for info in found]
    if not target.is_allowed and not all(is_public(address) for address in addresses):
        raise OutgoingRefused(
            _("{host} is an address inside a private network; nothing is sent there.").format(
                host=target.host
            )
        )
    return addresses[0]


def is_public(text: str) -> bool:
    """Whether an IP address is out in the internet: not private, loopback, link-local, or a cloud's own services."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address.version == network.version and address in network for network in NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _connection(target: Target, seconds: float) -> http.client.HTTPConnection:
    """Writes the requests; it is given its socket, so it never looks a name up itself."""
    return http.client.HTTPConnection(_host_header(target), target.port, timeout=seconds)


def _host_header(target: Target) -> str:
    return f"[{target.host}]" if ":" in target.host else target.host


def _connected(target: Target, address: str, seconds: float) -> socket.socket:
    line = socket.create_connection((address, target.port), timeout=seconds)
    if target.scheme == "http":
        return line
    try:
        return ssl.create_default_context().wrap_socket(line, server_hostname=target.host)
    except BaseException:
        line.close()
        raise


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _reason(error: Exception, began: float, seconds: float) -> str:
    if isinstance(error, TimeoutError) or time.monotonic() - began >= seconds:
        return _("There was no whole answer within {seconds:g} seconds.").format(seconds=seconds)
    if isinstance(error, ssl.SSLError):
        return _("The secure connection could not be made: {why}.").format(why=error.reason or "TLS")
    if isinstance(error, ConnectionRefusedError):
        return _("The server refused the connection.")
    return _("The connection broke: {why}.").format(why=type(error).__name__)
