#!/usr/bin/env python3
"""Every command of Batchadmin. Starts, or joins, the embedded PostgreSQL and Redis unless others are named."""

import os
import signal
import sys
from pathlib import Path

from django.core.management import execute_from_command_line
from django.db import OperationalError

from batchadmin.lib import embedded, env

ENDED_BY_SIGNAL = 128  # plus its number, as shells count


def main() -> None:
    """Run the command on the command line against the servers of the environment, or against the embedded ones."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "batchadmin.settings")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not under nohup
            signal.signal(number, lambda received, _frame: sys.exit(ENDED_BY_SIGNAL + received))
    try:
        embedded.join_unless_named(env.folder("DATA_DIR", default=Path(__file__).resolve().parent / "var"))
        execute_from_command_line(sys.argv)
    except embedded.ServicesError as error:
        sys.exit(str(error))
    except env.EnvError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except (
        OperationalError
    ) as error:  # PostgreSQL is away, or its disk is full: nothing that a traceback would explain
        sys.exit(f"PostgreSQL: {str(error).strip()}")
    except KeyboardInterrupt:
        sys.exit(ENDED_BY_SIGNAL + signal.SIGINT)


if __name__ == "__main__":
    main()
