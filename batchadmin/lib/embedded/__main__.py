"""For people: `python -m batchadmin.lib.embedded status|stop`, for the servers of DATA_DIR (default: var)."""

import argparse
import os
import sys
from pathlib import Path

from batchadmin.lib import env

from . import locks
from .errors import ServicesError
from .joining import servers_in, stop_all


def main() -> int:
    """Run the command on the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m batchadmin.lib.embedded", description=__doc__)
    parser.add_argument("command", choices=["status", "stop"])
    command = parser.parse_args().command
    try:
        data_dir = env.folder("DATA_DIR", default=Path("var"))
        return status(data_dir) if command == "status" else stop(data_dir)
    except (ServicesError, env.EnvError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1


def status(data_dir: Path) -> int:
    """Say which servers run and where; 0 when all do."""
    servers = servers_in(data_dir)
    for server in servers:
        state = f"runs as “{server.account.name}”, {server.url}" if server.is_up() else "is stopped"
        print(f"{server.name} {state}")  # noqa: T201
    return 0 if all(server.is_up() for server in servers) else 3


def stop(data_dir: Path) -> int:
    """Stop servers that were left behind; refuses while anybody uses them."""
    servers = servers_in(data_dir)
    users = locks.try_exclusive(servers[0].places.lock("users"))
    if users is None:
        raise ServicesError(
            f"Batchadmin is still using the servers in {data_dir}: stop it first, then they stop as well."
        )
    try:
        stop_all(servers)
    finally:
        os.close(users)
    print("PostgreSQL and Redis are stopped.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
