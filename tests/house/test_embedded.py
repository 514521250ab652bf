"""The embedded PostgreSQL and Redis: shared by all who use them, gone when nobody does."""

from collections.abc import Callable
from pathlib import Path

import dj_database_url
import psycopg
import pytest

from batchadmin.lib import embedded
from tests.fixtures import processes
from tests.house.holding import Holder

Start = Callable[..., Holder]


def test_both_run_while_somebody_uses_them_and_not_longer(holder: Start) -> None:
    first, second = holder(), holder()
    assert first.found["postgres_pid"] == second.found["postgres_pid"]
    first.leave()
    assert second.is_served() == (True, True)
    second.leave()
    assert second.is_served() == (False, False)


def test_two_that_start_at_once_share_one(holder: Start) -> None:
    pids = {
        (one.found["postgres_pid"], one.found["redis_pid"]) for one in [holder(fresh=True) for _ in range(3)]
    }
    assert len(pids) == 1


def test_servers_whose_users_were_all_killed_are_joined_by_the_next(holder: Start) -> None:
    first = holder()
    found = first.found
    processes.kill(first.process.pid)
    second = holder()
    assert (second.found["postgres_pid"], second.found["redis_pid"]) == (
        found["postgres_pid"],
        found["redis_pid"],
    )
    second.leave()
    assert second.is_served() == (False, False)


def test_the_servers_are_reached_by_sockets_only(holder: Start) -> None:
    one = holder()
    with psycopg.connect(one.found["database"]) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SELECT upper('é'), current_setting('TimeZone')").fetchone() == ("É", "UTC")
    assert dj_database_url.parse(one.found["database"])["HOST"].startswith("/tmp/batchadmin-")


def test_only_their_user_may_enter_the_folder_of_the_sockets(holder: Start) -> None:
    sockets = Path(dj_database_url.parse(holder().found["database"])["HOST"])
    assert (sockets.stat().st_mode & 0o777, sockets.stat().st_uid) == (
        0o700,
        (sockets / "redis.sock").stat().st_uid,
    )


def test_data_are_still_there_at_the_next_start(holder: Start) -> None:
    first = holder()
    with psycopg.connect(first.found["database"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first.leave()
    with psycopg.connect(holder().found["database"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_nothing_is_started_when_both_are_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BATCHADMIN_EMBEDDED", raising=False)
    (place / "database").write_text("postgresql://db.example.com/batchadmin\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(place / "database"))
    monkeypatch.setenv("REDIS_URL", "redis://redis.example.com/0")
    monkeypatch.delenv("DATABASE_URL")
    embedded.join_unless_named(place / "var")
    assert not (place / "var").exists()


def test_only_the_one_that_is_not_named_is_started(holder: Start, place: Path) -> None:
    other = holder(place / "other")
    one = holder(REDIS_URL=other.found["redis"])
    assert one.found["redis_pid"] == other.found["redis_pid"]
    assert one.found["postgres_pid"] != other.found["postgres_pid"]


def test_a_server_that_does_not_start_says_what_its_log_says(holder: Start, place: Path) -> None:
    holder().leave()
    (place / "var/postgres/data/postgresql.local.conf").write_text("no_such_setting = 1\n")
    error = holder().error
    assert error.startswith("PostgreSQL doesn't start. The last lines of ")
    assert "no_such_setting" in error


def test_a_data_folder_that_cannot_be_made_is_named(holder: Start, place: Path) -> None:
    (place / "file").write_text("")
    assert str(place / "file") in holder(place / "file" / "var").error


def test_a_child_that_inherits_the_addresses_keeps_the_servers_alive(holder: Start) -> None:
    parent = holder()
    child = holder(
        DATABASE_URL=parent.found["database"].removesuffix("/batchadmin") + "/postgres",
        REDIS_URL=parent.found["redis"].replace("db=0", "db=3"),
        BATCHADMIN_EMBEDDED=str(parent.data_dir),
        DATA_DIR="/nowhere",
    )
    assert child.found
    parent.leave()
    assert child.is_served() == (True, True)
    child.leave()
    assert child.is_served() == (False, False)


def test_a_forked_child_that_ends_stops_nothing(holder: Start) -> None:
    one = holder()
    assert one.ask("fork") == "the child has ended"
    assert one.is_served() == (True, True)
