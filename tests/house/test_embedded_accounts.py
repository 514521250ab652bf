"""The embedded servers as root, who must not run PostgreSQL, and as an ordinary user."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from batchadmin.lib.embedded.places import Places
from tests.house.holding import Holder

Start = Callable[..., Holder]


@pytest.fixture
def nobodys(nobody: pwd.struct_passwd) -> dict[str, object]:
    """How to start a holder as an ordinary user: by a Python that this user may run."""
    prefix = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    packages = sysconfig.get_path("purelib")
    system = shutil.which(
        f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin"
    )
    for python in filter(None, [sys.executable, system]):
        if subprocess.run([*prefix, python, "-c", "pass"], check=False, capture_output=True).returncode == 0:
            root = str(Path(__file__).parents[2])
            return {"python": python, "prefix": prefix, "PYTHONPATH": f"{root}:{packages}"}
    pytest.skip("no Python here that an ordinary user may run")


def test_an_ordinary_user_runs_them_as_itself(
    holder: Start, place: Path, nobody: pwd.struct_passwd, nobodys: dict[str, object]
) -> None:
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    one = holder(**nobodys)
    assert Path(f"/proc/{one.found['postgres_pid']}").stat().st_uid == nobody.pw_uid
    assert one.is_served() == (True, True)
    one.leave()
    assert one.is_served() == (False, False)


def test_root_joins_what_an_ordinary_user_made(
    holder: Start, place: Path, nobody: pwd.struct_passwd, nobodys: dict[str, object]
) -> None:
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    one = holder(**nobodys)
    assert one.found["postgres_pid"] == holder().found["postgres_pid"]


def test_an_ordinary_user_is_told_whose_the_data_are(
    holder: Start, place: Path, nobodys: dict[str, object]
) -> None:
    first = holder()
    assert first.found
    first.leave()
    (place / "var").chmod(0o777)
    owner = (place / "var/postgres").owner()
    assert f"belongs to “{owner}”" in holder(**nobodys).error


def test_root_makes_folders_above_passable_and_says_so_first(
    holder: Start, place: Path, as_root: None
) -> None:
    closed = place / "closed to others"
    closed.mkdir(mode=0o700)
    one = holder(closed / "var")
    assert one.is_served() == (True, True)
    assert closed.stat().st_mode & 0o777 == 0o701
    one.leave()
    assert f"  {closed}\n" in one.words()


def test_nothing_is_said_when_nothing_has_to_be_made_passable(
    holder: Start, place: Path, as_root: None
) -> None:
    first = holder()
    assert first.found
    first.leave()
    second = holder()
    assert second.found
    second.leave()
    assert second.words() == ""


def test_root_gives_a_restored_copy_to_the_servers_user(holder: Start, place: Path, as_root: None) -> None:
    first = holder()
    with psycopg.connect(first.found["database"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first.leave()
    shutil.copytree(place / "var", place / "copy")
    with psycopg.connect(holder(place / "copy").found["database"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


@pytest.mark.parametrize("trap", ["folder", "link"])
def test_a_folder_of_sockets_that_somebody_else_made_is_refused(
    holder: Start, place: Path, nobody: pwd.struct_passwd, trap: str
) -> None:
    uid = pwd.getpwnam("postgres").pw_uid if _has_postgres() else nobody.pw_uid
    (place / "var").mkdir()
    account = type("Account", (), {"uid": uid})()
    sockets = Places(place / "var").sockets(account)
    try:
        if trap == "folder":
            sockets.mkdir()
            os.chown(sockets, 54321, 54321)
        else:
            sockets.symlink_to(place)
        assert "somebody else has put something there" in holder().error
    finally:
        sockets.rmdir() if trap == "folder" else sockets.unlink()


def _has_postgres() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True
