"""Addresses of the PostgreSQL and Redis that the tests use, and what their child processes need to find them."""

import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def redis_database() -> int:
    """The number of the Redis database that belongs to this pytest process: 1, or 2 and up with pytest-xdist."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return 2 + int(worker.removeprefix("gw")) if worker else 1


def data_folder(of_all: Path) -> Path:
    """The folder for the journals and files of this pytest process: the common one, or one in it with pytest-xdist."""
    return of_all / os.environ.get("PYTEST_XDIST_WORKER", "")


def with_redis_database(url: str, number: int) -> str:
    """The same Redis, database `number`."""
    if url.startswith("unix://"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def free_port() -> int:
    """A port of this machine that nobody has, of those that the system gives to nobody who asks for any."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def database_url() -> str:
    """The address of the database that pytest-django made for this pytest process."""
    name = str(connection.settings_dict["NAME"])
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{quote(name)}"))


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for `manage.py …` run by a test: it works on the test's own databases, and not as a test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_"))}
    kept |= {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "batchadmin.settings",
        "PYTHONUNBUFFERED": "1",
    }
    kept.pop("DATABASE_URL_FILE", None)
    return kept | dict(extra or {})
