"""Where channels' servers may be: out in the internet, or at hosts that settings name.

Whoever makes a channel chooses the server, and Check tells how connecting went. Without this, it would tell an owner of a program
what answers inside the network of whoever runs the site. A name that nobody knows and one that leads inside are told in the same
words, so that not even the names inside can be found out.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from batchadmin.lib.outgoing import is_public


class NotReachable(OSError):
    """There is no such server that we may connect to; `str()` says so, and what to do."""


def is_allowed(host: str, port: int | None = None) -> bool:
    """Whether settings name the host, or host:port, as one to be reached wherever it is; without a port, with any port."""
    named = settings.CHANNEL_ALLOWED_HOSTS
    if port is None:
        return any(name == host or name.startswith(f"{host}:") for name in named)
    return host in named or f"{host}:{port}" in named


def host_check(host: str) -> None:
    """Raise ValidationError for what is inside as it is written. What a name leads to is asked when we connect."""
    if not is_allowed(host) and _is_inside(host):
        raise ValidationError(words_for(host))


def words_for(host: str) -> str:
    """What is said of a server that is not connected to."""
    return _(
        "%(host)s isn't known out in the internet. Check how it is written. If it is inside your own network, whoever runs"
        " this site has to allow it first (CHANNEL_ALLOWED_HOSTS)."
    ) % {"host": host}


async def addresses_of(host: str, port: int) -> list[str]:
    """The addresses to connect to, of which none is looked up again; raises NotReachable."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReachable(words_for(host)) from None
    return _allowed(found, host, port)


def addresses_found(host: str, port: int) -> list[str]:
    """The same for clients that wait while they look it up; raises NotReachable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReachable(words_for(host)) from None
    return _allowed(found, host, port)


def _allowed(found: Iterable[tuple[Any, ...]], host: str, port: int) -> list[str]:
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if not is_allowed(host, port) and not all(is_public(address) for address in addresses):
        raise NotReachable(words_for(host))
    return addresses


def literal_check(host: str, port: int) -> None:
    """Raise NotReachable for an address, written as one, that is inside."""
    if not is_allowed(host, port) and _is_inside(host):
        raise NotReachable(words_for(host))


def _is_inside(host: str) -> bool:
    """Whether the host can be told to be inside without asking anybody."""
    plain = host.strip("[]").rstrip(".").lower()
    if plain == "localhost" or plain.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(plain)
    except ValueError:
        return False
    return not is_public(plain)
