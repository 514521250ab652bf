"""Workers and the scheduler, for this machine or for further ones: starts their processes and brings back those that end."""

import sys
from argparse import ArgumentTypeError
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from batchadmin.lib import embedded
from batchadmin.lib.supervisor import Program, Supervisor
from batches.engine.restoring import restored_refuse

MOST_WORKERS = 500


class Command(BaseCommand):
    """`manage.py workers`."""

    help = "Runs workers for bulk work, one for single messages, and the scheduler, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which options there are."""
        parser.add_argument(
            "--count", type=worker_count, default=settings.WORKERS, help="workers for bulk work"
        )
        parser.add_argument("--no-scheduler", action="store_true", help="leave the scheduler to another host")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to end."""
        with suppress(OperationalError):  # not there yet: those that are started wait for it, and ask again
            restored_refuse()
        connection.close()  # not to be shared with those that are started
        supervisor = Supervisor(
            worker_programs(options["count"], scheduler=not options["no_scheduler"]), say=self.say
        )
        supervisor.every(1.0, lambda: revive_embedded(self.say))
        supervisor.run()
        self.say(_("The workers have stopped."))

    def say(self, sentence: str) -> None:
        """Print it now, also into a pipe."""
        self.stdout.write(sentence)
        self.stdout.flush()


def worker_count(text: str) -> int:
    """A number of workers, as the command line and WORKERS give it."""
    if not text.isdigit() or not 1 <= int(text) <= MOST_WORKERS:
        raise ArgumentTypeError(f"“{text}” is no number from 1 to {MOST_WORKERS}")
    return int(text)


def worker_programs(count: int, *, scheduler: bool) -> list[Program]:
    """What does the work: `count` workers that do bulk work when nothing is urgent, and one for what is urgent."""
    programs = [
        _program(f"Worker {number}", "batch_worker", "express", "bulk") for number in range(1, count + 1)
    ]
    programs.append(_program("Worker for single messages", "batch_worker", "express"))
    if scheduler:
        programs.append(_program("Scheduler", "batch_scheduler"))
    return programs


def revive_embedded(say: Any) -> None:
    """Start the embedded servers again if they have died, and say so."""
    try:
        for name in embedded.revive():
            say(_("%(server)s had died and was started again.") % {"server": name})
    except embedded.ServicesError as error:
        say(str(error))


def _program(name: str, *command: str) -> Program:
    # The settings were checked when this process started; each check again costs a third of a worker's start.
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    return Program(name=name, command=[*manage, *command, "--skip-checks"])
