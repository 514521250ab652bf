"""`manage.py serve`: everything on one machine, as a user starts it."""

import contextlib
import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batchadmin.lib.embedded.joining import servers_in
from tests.fixtures import processes
from tests.house.conftest import copied
from tests.house.holding import environment
from tests.services import ROOT, free_port

READY_SECONDS = 180
HOOK = "/hooks/00000000-0000-4000-8000-000000000000/"  # of no channel that there is


class Serving:
    """A running `manage.py serve`."""

    def __init__(self, data_dir: Path, *options: str, **env: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / f"serve-{len(list(data_dir.parent.glob('serve-*')))}.log"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "serve", "--no-demo", "--workers", "1", *options],
                env=environment(data_dir, **env),
                stdout=output,
                stderr=output,
                cwd="/",
            )

    def words(self) -> str:
        """What it has said so far."""
        return self.log.read_text()

    def wait_for(self, words: str) -> None:
        """Wait until it has said that, or fail with what it said instead."""
        processes.wait_until(
            lambda: words in self.words() or self.process.poll() is not None,
            seconds=READY_SECONDS,
            what=lambda: f"“{words}” to be said; it said:\n{self.words()}",
        )
        assert words in self.words(), self.words()

    @property
    def port(self) -> int:
        """Where it listens, once it has said so."""
        self.wait_for("Batchadmin is running at http://127.0.0.1:")
        return int(self.words().partition("running at http://127.0.0.1:")[2].split()[0])

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a page."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        line.request("GET", path)
        answer = line.getresponse()
        found = answer.status, answer.read()
        line.close()
        return found

    def children(self, word: str) -> list[int]:
        """Its processes with that word on their command line."""
        return [
            pid
            for pid in processes.children(self.process.pid)
            if word in " ".join(processes.command_line(pid))
        ]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it in order; returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=120)


@pytest.fixture
def serving(place: Path, migrated: Path) -> Iterator[Callable[..., Serving]]:
    started: list[Serving] = []
    copied(migrated, place / "var")

    def start(*options: str, **env: str) -> Serving:
        started.append(Serving(place / "var", *options, **env))
        return started[-1]

    yield start
    for one in started:
        below = processes.descendants(one.process.pid)
        one.process.kill()
        one.process.wait()
        processes.kill(*below)


def test_it_serves_until_ctrl_c_and_leaves_nothing_running(serving: Callable[..., Serving]) -> None:
    one = serving("--port", str(free_port()))
    status, body = one.get("/static/js/page.js")
    assert (status, body) == (200, (ROOT / "static/js/page.js").read_bytes())
    ticked = "%2C".join(str(100_000 + number) for number in range(750))  # three pages of 250
    assert one.get(f"/log-in/?ids={ticked}")[0] == 200
    below = processes.descendants(one.process.pid)
    assert len(below) >= 6  # web server and its two, two workers, scheduler
    assert one.stop(signal.SIGINT) == 0
    assert one.words().splitlines()[-1] == "Batchadmin has stopped."
    assert not any(map(processes.is_running, below))
    assert [server.is_up() for server in servers_in(one.data_dir)] == [False, False]


def test_what_dies_under_it_is_brought_back(serving: Callable[..., Serving]) -> None:
    one = serving("--port", str(free_port()))
    assert one.port
    processes.kill(int((one.data_dir / "redis/redis.pid").read_text()))
    one.wait_for("Redis had died and was started again.")
    processes.kill(*one.children("gunicorn"))
    one.wait_for("Web server ended (by SIGKILL); starting it again in 0.5 s.")
    assert one.get("/static/js/page.js")[0] == 200
    processes.wait_until(
        lambda: len(one.children("batch_worker")) == 2, seconds=120, what="both workers to be back"
    )


def test_a_second_one_says_that_it_is_running(serving: Callable[..., Serving]) -> None:
    one = serving("--port", str(free_port()))
    assert one.port
    second = serving()
    assert second.process.wait(timeout=120) == 1
    assert second.words() == (
        f"Batchadmin is already running at http://127.0.0.1:{one.port} (process {one.process.pid}).\n"
    )


def test_after_kill_9_of_everything_the_next_start_works(serving: Callable[..., Serving]) -> None:
    first = serving("--port", str(free_port()))
    assert first.port
    servers = [int((first.data_dir / "postgres/data/postmaster.pid").read_text().split()[0])]
    servers.append(int((first.data_dir / "redis/redis.pid").read_text()))
    below = processes.descendants(first.process.pid)
    processes.kill(first.process.pid, *below, *servers)
    first.process.wait()
    second = serving("--port", str(free_port()))
    assert second.get("/static/js/page.js")[0] == 200
    assert "migration" not in second.words()


def test_a_named_port_that_is_taken_ends_the_start(serving: Callable[..., Serving], taken_port: int) -> None:
    one = serving("--port", str(taken_port))
    assert one.process.wait(timeout=120) == 1
    assert (
        one.words()
        == f"Port {taken_port} at 127.0.0.1 is taken by another program: name another with --port.\n"
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("WORKERS", "many", "WORKERS is “many”, which is no whole number: write one, for example 2.\n"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL doesn't begin with postgresql:// or postgres://: "),
        ("SECRET_KEY", "short", "SECRET_KEY has 5 characters, which is too short to be safe: "),
    ],
)
@pytest.mark.parametrize("program", ["manage.py", "gunicorn"])
def test_a_wrong_value_ends_the_start_with_one_sentence(
    place: Path, name: str, value: str, sentence: str, program: str
) -> None:
    command = (
        [str(ROOT / "manage.py"), "check"]
        if program == "manage.py"
        else ["-m", "gunicorn", "batchadmin.wsgi"]
    )
    named = {"DATABASE_URL": "postgresql://nowhere.invalid/x", "REDIS_URL": "redis://nowhere.invalid"}
    env = environment(place / "var", **named) | {name: value}
    done = subprocess.run(
        [sys.executable, *command], env=env, cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


def test_a_database_that_cannot_be_reached_is_said_in_one_sentence(serving: Callable[..., Serving]) -> None:
    one = serving(DATABASE_URL="postgresql://127.0.0.1:1/x", REDIS_URL="redis://127.0.0.1:1")
    assert one.process.wait(timeout=120) == 1
    assert "PostgreSQL can't be reached: " in one.words()
    assert "Traceback" not in one.words()


def test_a_report_of_fifty_megabytes_in_chunks_is_refused_and_never_held(
    serving: Callable[..., Serving],
) -> None:
    # One process, so that what answers is all that will ever have been started; it has read what such a report needs.
    one = serving("--port", str(free_port()), GUNICORN_CMD_ARGS="--workers=1")
    assert one.get(HOOK)[0] in (404, 405)
    before = {pid: most_held(pid) for pid in one.children("gunicorn")}
    with socket.create_connection(("127.0.0.1", one.port), timeout=60) as line:
        line.sendall(
            b"POST " + HOOK.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        with contextlib.suppress(OSError):  # it need not listen to the end
            for _megabyte in range(50):
                line.sendall(piece)
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")
    assert before
    for pid, held in before.items():
        assert most_held(pid) - held < 30 * 1024


def most_held(pid: int) -> int:
    """The most memory that a process and those below it have held so far, in KB, added up."""
    found = [Path(f"/proc/{one}/status").read_text() for one in (pid, *processes.descendants(pid))]
    return sum(int(status.partition("VmHWM:")[2].split()[0]) for status in found)
