"""What people use instead, in an environment of its own, with a database of its own on the same server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

HERE = Path(__file__).parent


def rate(name: str, *, messages: int, port: int) -> float | None:
    """Messages a second of `post_office` or `mailer`, queueing included; None (and why) where it can't be had."""
    try:
        python = environment()
        command = [str(python), str(HERE / f"with_{name}.py"), str(messages), str(port)]
        settings = {**os.environ, "RIVAL_DATABASE_URL": database(name)}
        settings.pop("DJANGO_SETTINGS_MODULE", None)
        # django-mailer's lock lies where it runs, and a run that is killed would leave it to the next.
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(
                command, env=settings, cwd=place, check=True, capture_output=True, text=True
            )
    except subprocess.CalledProcessError as error:
        print(f"{name} could not be measured:\n{error.stderr[-2000:]}", file=sys.stderr)
        return None
    return messages / float(done.stdout.strip().splitlines()[-1])


def environment() -> Path:
    """The Python of their environment, made at the first call."""
    folder = Path(os.environ["DATA_DIR"]) / "rivals"
    python = folder / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text()
    mark = folder / "installed.txt"
    if not mark.exists() or mark.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")]
        subprocess.run(install, check=True, capture_output=True, text=True)
        mark.write_text(wanted)
    return python


def database(name: str) -> str:
    """The address of an empty database of theirs."""
    own = os.environ["DATABASE_URL"]
    parts = urlsplit(own)
    rival = f"rival_{name}"
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(rival)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(rival)))
    return urlunsplit(parts._replace(path=f"/{rival}"))
