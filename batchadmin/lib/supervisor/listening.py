"""Finds a port to listen on, and keeps it: the web server inherits the socket, so nobody can come between."""

import errno
import http.client
import socket
from dataclasses import dataclass

TRIES = 50
BACKLOG = 1024
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - how such an address is reached from here
HIGHEST_PORT = 65535


class PortError(Exception):
    """Nothing can listen there; the text is meant for people."""


@dataclass(frozen=True)
class Listening:
    """A socket that listens."""

    socket: socket.socket
    host: str
    port: int

    @property
    def url(self) -> str:
        """The address for a browser on this machine."""
        host = ANY.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def answers(self, path: str = "/healthz", seconds: float = 1.0) -> bool:
        """Whether a web server behind the socket answers a request, whatever its answer is."""
        line = http.client.HTTPConnection(ANY.get(self.host, self.host), self.port, timeout=seconds)
        try:
            line.request("GET", path)
            line.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()
        return True


def listen(*, host: str, port: int, move_on: bool) -> Listening:
    """Listen at `host` on `port` or, when that is taken and `move_on` is true, on the next free one.

    Raises `PortError` when that isn't possible.
    """
    for candidate in range(port, min(port + TRIES, HIGHEST_PORT + 1)):
        try:
            return Listening(_bound(host, candidate), host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PortError(f"Port {candidate} at {host} can't be used: {error.strerror}.") from None
            if not move_on:
                raise PortError(
                    f"Port {port} at {host} is taken by another program: name another with --port."
                ) from None
    raise PortError(f"Port {port} at {host} is taken, and so are those after it: name another with --port.")


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _name, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[
        0
    ]
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    return found
