"""The embedded servers after the worst: whatever was killed or left behind, the next start works."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from batchadmin.lib.embedded.joining import servers_in
from tests.fixtures import processes
from tests.house.holding import Holder

Start = Callable[..., Holder]


def kill_everything(one: Holder) -> None:
    processes.kill(one.process.pid, one.found["postgres_pid"], one.found["redis_pid"])


def test_after_kill_9_of_everything_what_was_committed_is_there(holder: Start) -> None:
    first = holder()
    with psycopg.connect(first.found["database"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    kill_everything(first)
    with psycopg.connect(holder().found["database"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_number_in_the_pid_file_that_another_process_has_now_does_no_harm(
    holder: Start, place: Path
) -> None:
    first = holder()
    kill_everything(first)
    account = servers_in(place / "var")[0].account
    sleeper = subprocess.Popen(["sleep", "3600"], **account.run_as)
    try:
        for stale in (place / "var/postgres/data/postmaster.pid", _sockets(place) / ".s.PGSQL.5432.lock"):
            lines = stale.read_text().splitlines(keepends=True)
            stale.write_text(f"{sleeper.pid}\n" + "".join(lines[1:]))
        assert holder().is_served() == (True, True)
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_data_that_were_half_made_are_made_anew(holder: Start, place: Path) -> None:
    (place / "var/postgres/data.new/base").mkdir(parents=True)
    assert holder(fresh=True).is_served() == (True, True)


def test_a_broken_dump_does_not_keep_redis_from_starting(holder: Start, place: Path) -> None:
    first = holder()
    kill_everything(first)
    (place / "var/redis/dump.rdb").write_bytes(b"REDIS0009\xfa")
    assert holder().is_served() == (True, True)


def test_a_killed_redis_is_started_again(holder: Start) -> None:
    one = holder()
    processes.kill(one.found["redis_pid"])
    assert one.ask("revive") == ["Redis"]
    assert redis.Redis.from_url(one.found["redis"]).ping()
    assert one.ask("revive") == []


def test_a_killed_postgresql_is_started_again_though_its_sessions_linger(holder: Start) -> None:
    one = holder()
    lingering = psycopg.connect(one.found["database"])
    processes.kill(one.found["postgres_pid"])
    assert one.ask("revive") == ["PostgreSQL"]
    with psycopg.connect(one.found["database"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    lingering.close()


def test_deleted_sockets_are_made_again(holder: Start, place: Path) -> None:
    one = holder()
    assert one.found
    for socket in _sockets(place).iterdir():
        socket.unlink()
    assert one.ask("revive") == ["PostgreSQL", "Redis"]
    assert redis.Redis.from_url(one.found["redis"]).ping()


def test_who_comes_while_a_server_is_dead_starts_it(holder: Start) -> None:
    one = holder()
    processes.kill(one.found["redis_pid"])
    assert holder().found["postgres_pid"] == one.found["postgres_pid"]
    assert one.ask("revive") == []


def _sockets(place: Path) -> Path:
    return servers_in(place / "var")[0].sockets
