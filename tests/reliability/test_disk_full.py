"""The disk of PostgreSQL is full in the middle of a broadcast, and has room again later."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection
from psycopg import sql

from messaging.models import Message
from tests.fixtures.workers import WorkerPool
from tests.reliability.road import (
    CONNECTIONS,
    Road,
    account,
    only_long,
    scale,
    until,
    until_ended,
    until_sent,
)

pytestmark = [pytest.mark.workers, only_long]

PEOPLE = scale(2_000, 300)
SIZE = 4 * 1024 * 1024
TABLE = "messaging_message"


@pytest.fixture
def small_disk(transactional_db: None) -> Iterator[Path]:
    """A file system of 4 MB that the table of messages lies on. Needs root, and PostgreSQL on this machine."""
    if os.geteuid() != 0 or "BATCHADMIN_EMBEDDED" not in os.environ:
        pytest.skip("#### Only root can make a small disk for the embedded PostgreSQL: NOT tested here ####")
    folder = Path(tempfile.mkdtemp(prefix="ba-small-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(
            f"#### No file system can be mounted here ({mounted.stderr.decode().strip()}): NOT tested ####"
        )
    place = folder / "space"
    place.mkdir()
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        owner = Path(cursor.fetchone()[0]).stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        os.chmod(folder, 0o755)
        cursor.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(place))))
        cursor.execute(f"ALTER TABLE {TABLE} SET TABLESPACE small")
    yield folder
    (folder / "filler").unlink(missing_ok=True)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE} CASCADE")
        cursor.execute(f"ALTER TABLE {TABLE} SET TABLESPACE pg_default")
        cursor.execute("DROP TABLESPACE small")
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def fill(disk: Path) -> None:
    """Leave no room on it."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * 4096):
            pass
    assert shutil.disk_usage(disk).free == 0


def test_a_full_disk_loses_nobody_and_sends_nobody_anything_twice(
    road: Road, worker_pool: Callable[..., WorkerPool], small_disk: Path
) -> None:
    road.pace(PEOPLE / 4)
    pool = worker_pool(count=2)
    batch = road.send(PEOPLE)
    until_sent(road.server, PEOPLE // 5)
    fill(small_disk)
    until(lambda: "No space left on device" in pool.output(), seconds=60, name="a report that finds no room")
    before = Message.objects.count()
    (small_disk / "filler").unlink()
    road.pace(None)
    until_ended(batch)
    account(batch, road.server, unknown_at_most=2 * CONNECTIONS)
    assert Message.objects.count() > before
