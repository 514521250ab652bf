"""Run as a process of its own: joins the embedded servers of DATA_DIR, says where they are, and does what stdin says.

Answers one line of JSON for the joining and for each line it reads: `revive`, or `fork`, which
makes a child that ends in order. Ends in order when its stdin does.
"""

import json
import os
import socket
import sys
from pathlib import Path

import psycopg

from batchadmin.lib import embedded, env


def main() -> None:
    """Join, then obey."""
    try:
        embedded.join_unless_named(env.folder("DATA_DIR", default=Path("var")))
    except embedded.ServicesError as error:
        answer({"error": str(error)})
        sys.exit(1)
    answer(found())
    for line in sys.stdin:
        if line.strip() == "revive":
            answer(embedded.revive())
        if line.strip() == "fork":
            child = os.fork()
            if not child:
                sys.exit()
            os.waitpid(child, 0)
            answer("the child has ended")


def found() -> dict[str, object]:
    """Where the servers are, and that they answer."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    assert row
    pid_file = Path(row[0]) / "postmaster.pid"
    return {
        "pid": os.getpid(),
        "database": os.environ["DATABASE_URL"],
        "redis": os.environ["REDIS_URL"],
        "postgres_pid": int(pid_file.read_text().split()[0]),
        "redis_pid": redis_process_id(os.environ["REDIS_URL"]),
    }


def redis_process_id(url: str) -> int:
    """What Redis says of itself, asked without its package, which some Pythons can't import from another's environment."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(url.removeprefix("unix://").partition("?")[0])
        line.sendall(b"INFO server\r\n")
        said = line.recv(10_000).decode()
    return int(next(part.partition(":")[2] for part in said.splitlines() if part.startswith("process_id:")))


def answer(value: object) -> None:
    """One line for whoever started this."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
