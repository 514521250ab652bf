"""The clients of e-mail services, which are not ours, held to where channels' servers may be, as all are (see reachable.py)."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.core.mail.backends.base import BaseEmailBackend
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from .reachable import NotReachable, addresses_found

PORTS = {"http": 80, "https": 443}


def backend_guard(backend: BaseEmailBackend) -> None:
    """Let an open backend of anymail's connect to nothing inside, wherever an answer may lead it on to."""
    session = getattr(backend, "session", None)
    if session is None:
        amazon_guard(backend.client)  # type: ignore[attr-defined]
        return
    for scheme in PORTS:
        session.mount(f"{scheme}://", Adapter())


def amazon_guard(client: Any) -> None:
    """The same for a client of Amazon's, whose connections can't be changed: each request is looked at; raises NotReachable."""
    client.meta.events.register("before-send", _request_check)


def _request_check(request: Any, **_more: Any) -> None:
    parts = urlsplit(request.url)
    addresses_found(parts.hostname or "", parts.port or PORTS[parts.scheme])


class Adapter(HTTPAdapter):
    """What a session of requests connects by."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools, of connections that look where they lead."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}


class Looking:
    """A connection of urllib3's that goes to one of the addresses that were looked at; no name is looked up a second time."""

    host: str
    port: int

    def _new_conn(self) -> socket.socket:
        name = self.host
        try:
            addresses = addresses_found(name, self.port)
        except NotReachable as error:
            raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]
        try:
            for self.host in addresses[:-1]:
                with suppress(NewConnectionError):  # the next may answer
                    return self._connected()
            self.host = addresses[-1]
            return self._connected()
        finally:
            self.host = name  # whose certificate it has to have

    def _connected(self) -> socket.socket:
        return super()._new_conn()  # type: ignore[misc, no-any-return]


class Connection(Looking, HTTPConnection):
    """Without encryption: this machine's, where settings allow it."""


class SecureConnection(Looking, HTTPSConnection):
    """With TLS."""


class Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class SecurePool(HTTPSConnectionPool):
    ConnectionCls = SecureConnection
