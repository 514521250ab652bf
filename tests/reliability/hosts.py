"""Hosts of their own on this machine: network namespaces with a name, a data folder and two networks each.

PostgreSQL and Redis are reached over the network "inside", the mail server over the network "outside", so a host can be cut off
from the one and still reach the other: that is the case in which things would be sent twice. Pulling a cable (taking the host's
link down) loses packets without a word, as a broken switch does. Needs root and iproute2 on Linux.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.services import ROOT, child_environment, database_url

# Addresses that are kept for benchmarks of networks: nobody else's are hidden by these, and nothing leaves this machine.
INSIDE, OUTSIDE = "198.18.0", "198.18.1"


def needs_namespaces() -> None:
    """Leave the test out, loudly, where no network namespaces can be made."""
    ip = shutil.which("ip")
    if ip is None or os.geteuid() != 0:
        pytest.skip("#### Only root with iproute2 can make hosts of network namespaces: NOT tested here ####")
    name = f"ba{os.getpid()}try"
    tried = subprocess.run([ip, "netns", "add", name], capture_output=True, check=False)
    subprocess.run([ip, "netns", "del", name], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(
            f"#### Network namespaces can't be made here ({tried.stderr.decode().strip()}): NOT tested ####"
        )


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Host:
    """One host: its processes see its two networks, its name and its data folder, and nothing else of others."""

    def __init__(self, number: int, name: str, data: Path, environment: Mapping[str, str]) -> None:
        self.number, self.name, self.data = number, name, data
        self.namespace = f"ba{os.getpid()}{name}"
        self._environment = dict(environment)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.data.mkdir(parents=True)
        self.log = self.data / "log"
        _ip("netns", "add", self.namespace)
        for network, letter in ((INSIDE, "i"), (OUTSIDE, "o")):
            self._plug_in(network, letter)
        _ip("-n", self.namespace, "link", "set", "lo", "up")

    def _link(self, letter: str) -> str:
        return f"b{os.getpid() % 100_000}{letter}{self.number}"

    def _plug_in(self, network: str, letter: str) -> None:
        here, there = self._link(letter), f"{letter}net"
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", self.namespace)
        _ip("link", "set", here, "master", bridge(letter), "up")
        _ip("-n", self.namespace, "address", "add", f"{network}.{10 + self.number}/24", "dev", there)
        _ip("-n", self.namespace, "link", "set", there, "up")

    @property
    def address(self) -> str:
        """Where it is on the network outside."""
        return f"{OUTSIDE}.{10 + self.number}"

    def run(self, *command: str) -> None:
        """Start a program on this host."""
        with self.log.open("ab") as output:
            self.processes.append(
                subprocess.Popen(
                    ["ip", "netns", "exec", self.namespace,
                     "unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name, *command],
                    env=child_environment({**self._environment, "DATA_DIR": str(self.data)}),
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, start_new_session=True,
                )
            )  # fmt: skip

    def manage(self, *words: str) -> None:
        """Start a command of ours on this host."""
        self.run(sys.executable, str(ROOT / "manage.py"), *words)

    def cut_off(self) -> None:
        """Pull the cable to PostgreSQL and Redis. The mail server stays in reach."""
        _ip("link", "set", self._link("i"), "down")

    def plug_in_again(self) -> None:
        """Put the cable back."""
        _ip("link", "set", self._link("i"), "up")

    def end(self) -> None:
        """Kill what runs there, and remove the host."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        subprocess.run(["ip", "netns", "del", self.namespace], capture_output=True, check=False)
        for letter in "io":
            subprocess.run(["ip", "link", "del", self._link(letter)], capture_output=True, check=False)


def bridge(letter: str) -> str:
    """The switch of a network."""
    return f"b{os.getpid() % 100_000}{letter}sw"


@contextmanager
def machine_room(folder: Path, smtp_port: int) -> Iterator[Callable[[str], Host]]:
    """A function that makes hosts, by name; the test's PostgreSQL, Redis and mail server are reached over the networks."""
    with ExitStack() as stack:
        for network, letter in ((INSIDE, "i"), (OUTSIDE, "o")):
            _ip("link", "add", bridge(letter), "type", "bridge")
            stack.callback(
                subprocess.run, ["ip", "link", "del", bridge(letter)], capture_output=True, check=False
            )
            _ip("address", "add", f"{network}.1/24", "dev", bridge(letter))
            _ip("link", "set", bridge(letter), "up")
        database = stack.enter_context(relay(f"{INSIDE}.1", _to(database_url(), 5432, "/.s.PGSQL.5432")))
        wake_up = stack.enter_context(relay(f"{INSIDE}.1", _to(os.environ["REDIS_URL"], 6379, "")))
        mail = stack.enter_context(
            relay(f"{OUTSIDE}.1", lambda: socket.create_connection(("127.0.0.1", smtp_port)), port=smtp_port)
        )
        assert mail == smtp_port
        parts = urlsplit(database_url())
        number = urlsplit(os.environ["REDIS_URL"])
        environment = {
            "DATABASE_URL": f"postgresql://{parts.username}@{INSIDE}.1:{database}{parts.path}?sslmode=disable",
            "REDIS_URL": f"redis://{INSIDE}.1:{wake_up}/{number.query.removeprefix('db=') or number.path[1:] or 0}",
            "BATCHADMIN_EMBEDDED": "",
        }
        hosts: list[Host] = []

        def make(name: str) -> Host:
            hosts.append(Host(len(hosts), name, folder / name, environment))
            stack.callback(hosts[-1].end)
            return hosts[-1]

        yield make
        for host in hosts:
            sys.stdout.write(f"--- {host.name}\n{host.log.read_text() if host.log.exists() else ''}\n")


def _to(url: str, port: int, file: str) -> Callable[[], socket.socket]:
    """How the server of an address is reached from here, over its socket if it has one."""
    parts = urlsplit(url)
    path = unquote(parts.path if parts.scheme == "unix" else parts.netloc.rpartition("@")[2])

    def connect() -> socket.socket:
        if path.startswith("/"):
            line = socket.socket(socket.AF_UNIX)
            line.connect(path + file)
            return line
        return socket.create_connection((parts.hostname, parts.port or port))

    return connect


@contextmanager
def relay(host: str, connect: Callable[[], socket.socket], port: int = 0) -> Iterator[int]:
    """Carry every connection to `host` on to another server; the port."""
    listening = socket.create_server((host, port), backlog=200)
    lines: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                near, _address = listening.accept()
                far = connect()
            except OSError:
                if listening.fileno() < 0:
                    return
                continue
            lines.extend((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()
        for line in lines:  # also those of a host that was cut off, which never hear of its end
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for line in (source, sink):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
