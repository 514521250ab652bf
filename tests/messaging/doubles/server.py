"""A small HTTP server on loopback, on real sockets, that a double of a provider answers from.

A double is a function from a Request to an Answer; DROP closes the line without an answer, once the request was read.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in small letters
    body: bytes
    connection: int  # by the caller's port: the same number is the same connection

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))


@dataclass(frozen=True)
class Answer:
    """What to answer."""

    status: int = 200
    body: Any = None  # JSON, or text or bytes as they are
    headers: dict[str, str] = field(default_factory=dict)


DROP = Answer(0)
Responder = Callable[[Request], Answer]


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open between requests."""

    protocol_version = "HTTP/1.1"
    respond: Responder

    def handle_one(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
            self.client_address[1],
        )
        answer = type(self).respond(request)
        if answer is DROP:
            self.close_connection = True
            self.connection.close()
            return
        content = content_of(answer.body)
        self.send_response(answer.status)
        kind = "text/html" if isinstance(answer.body, str) else "application/json"
        for name, value in {"Content-Type": kind, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = handle_one  # noqa: N815 (the standard library's names)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests have their own words."""


def content_of(body: Any) -> bytes:
    """An answer's body as it goes over the line."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


class Server(ThreadingHTTPServer):
    """Its threads end with the process."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A line that a test dropped is no error."""


@contextmanager
def serving(respond: Responder, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on loopback; yields the address."""
    handler = type("Bound", (Handler,), {"respond": staticmethod(respond)})
    server = Server(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
