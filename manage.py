#!/usr/bin/env python3
"""Every command of Batchadmin. Starts, or joins, the embedded PostgreSQL and Redis unless others are named."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from batchadmin.lib import embedded, env


def main() -> None:
    """Run the command on the command line against the servers of the environment, or against the embedded ones."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "batchadmin.settings")
    try:
        embedded.join_unless_named(env.folder("DATA_DIR", default=Path(__file__).resolve().parent / "var"))
    except embedded.ServicesError as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
