"""Joining the embedded servers: who comes first starts them, who leaves last stops them."""

import atexit
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from batchadmin.lib import env

from . import account, locks
from .account import Account
from .errors import ServicesError
from .places import Places, make_private, remove_private
from .postgres import Postgres
from .redis_server import Redis
from .server import Server

# Tells a child that the addresses in its environment are those of the embedded servers of this data folder.
MARKER = "BATCHADMIN_EMBEDDED"
KINDS: tuple[type[Server], ...] = (Postgres, Redis)


@dataclass
class Joined:
    """This process's part in the embedded servers, until it ends."""

    places: Places
    servers: Sequence[Server]
    users: int = field(default=-1)  # the descriptor of the shared lock

    def open(self) -> None:
        """Hold the shared lock, and start what isn't up. Two that come at once take turns."""
        starting = locks.take_exclusive(self.places.lock("starting"))
        try:
            self.users = locks.take_shared(self.places.lock("users"))
            self._start()
        finally:
            os.close(starting)

    def revive(self) -> list[str]:
        """Start again what has died; returns the names of what was started."""
        if all(server.is_up() for server in self.servers):
            return []
        starting = locks.take_exclusive(self.places.lock("starting"))
        try:
            return self._start()
        finally:
            os.close(starting)

    def leave(self) -> None:
        """Let go of the shared lock; stop the servers if nobody else holds it."""
        if self.users < 0:
            return
        try:
            if locks.become_exclusive(self.users):
                stop_all(self.servers)
        finally:
            os.close(self.users)
            self.users = -1

    def hold_as_child(self) -> None:
        """In a forked child: hold a lock of its own instead of a share in the parent's."""
        if self.users >= 0:
            inherited, self.users = self.users, locks.take_shared(self.places.lock("users"))
            os.close(inherited)

    def _start(self) -> list[str]:
        down = [server for server in self.servers if not server.is_up()]
        if down:
            prepare(self.places, down[0].account, down)
        for server in down:
            server.start()
        return [server.name for server in down]


_joined: list[Joined] = []


def join_unless_named(data_dir: Path) -> None:
    """Start or join the embedded servers unless the environment names others, and put their addresses there.

    Every process that was started with the addresses of embedded servers joins as well, so they live as
    long as anybody uses them. Safe to call twice. Raises `ServicesError` when a server can't be started or reached.
    """
    if _joined:
        return
    marker = os.environ.get(MARKER, "")
    inherited = [kind for kind in KINDS if marker and _points_into(kind, Path(marker))]
    unnamed = [kind for kind in KINDS if not env.is_set(kind.variable)]
    if not inherited and not unnamed:
        return
    servers = _servers(Path(marker) if inherited else data_dir, [*inherited, *unnamed])
    joined = Joined(servers[0].places, servers)
    try:
        joined.open()
    except OSError as error:
        raise ServicesError(
            f"The embedded servers can't be started in {servers[0].places.data_dir} ({error}): "
            "make that folder writable, or name another one in DATA_DIR."
        ) from None
    finally:
        _remember(joined)
    os.environ[MARKER] = str(joined.places.data_dir)
    os.environ.update({server.variable: server.url for server in servers if type(server) in unnamed})


def revive() -> list[str]:
    """Start again what of the embedded servers has died; the names of what was started. Cheap.

    Raises `ServicesError` when one can't be started; asking again tries again.
    """
    try:
        return [name for joined in _joined for name in joined.revive()]
    except OSError as error:
        raise ServicesError(f"The embedded servers can't be looked after ({error}).") from None


def servers_in(data_dir: Path) -> list[Server]:
    """Both embedded servers of a data folder, whether they run or not."""
    return _servers(data_dir, KINDS)


def stop_all(servers: Sequence[Server]) -> None:
    """Stop those that run, and leave nothing in /tmp. The caller holds the lock of users alone."""
    for server in reversed(servers):
        server.stop()
    remove_private(servers[0].sockets, servers[0].account)


def prepare(places: Places, runner: Account, servers: Sequence[Server]) -> None:
    """Make the folders that the servers need, theirs alone, and let the account that runs them reach them."""
    account.own(places.postgres, runner)
    account.own(places.redis, runner)
    make_private(places.sockets(runner), runner)
    places.log.mkdir(parents=True, exist_ok=True)
    inside = [places.postgres / "data", places.redis / "redis.conf", places.log / "any.log"]
    account.open_the_way(runner, [*inside, *(server.binary for server in servers)])


def _servers(data_dir: Path, kinds: Sequence[type[Server]]) -> list[Server]:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        places = Places(data_dir.resolve())
        places.lock("users").parent.mkdir(exist_ok=True)
        runner = account.choose(places.postgres)
    except OSError as error:
        raise ServicesError(
            f"{data_dir} can't be used ({error.strerror}): "
            "make it a writable folder, or name another one in DATA_DIR."
        ) from None
    return [kind(places, runner) for kind in KINDS if kind in kinds]


def _points_into(kind: type[Server], data_dir: Path) -> bool:
    """Whether the address in the environment is that of the embedded server, whichever database of it."""
    if not env.is_set(kind.variable) or not data_dir.is_dir():
        return False
    places = Places(data_dir)
    sockets = places.sockets(account.choose(places.postgres))
    return f"{sockets}/" in unquote(env.text(kind.variable)) + "/"


def _remember(joined: Joined) -> None:
    if joined.users < 0:
        return
    if not _joined:
        atexit.register(_leave_all)
        os.register_at_fork(after_in_child=_hold_as_child)
    _joined.append(joined)


def _leave_all() -> None:
    while _joined:
        try:
            _joined.pop().leave()
        except ServicesError as error:
            print(error, file=sys.stderr)  # noqa: T201 - the process is ending, there is nobody else to tell


def _hold_as_child() -> None:
    for joined in _joined:
        joined.hold_as_child()
