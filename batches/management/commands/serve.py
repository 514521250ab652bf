"""Everything on one machine: web server, workers and scheduler, kept running until Ctrl-C."""

import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.accounts.models import Program as Tenant
from batchadmin.lib import env
from batchadmin.lib.supervisor import (
    AlreadyRunningError,
    Listening,
    PortError,
    Program,
    Supervisor,
    listen,
    only_instance,
)
from batches.engine.restoring import restored_refuse
from batches.management.commands.workers import revive_embedded, worker_count, worker_programs

DEFAULT_PORT = 8000
DEMO = "demo"  # the program that the demo command makes
WEB_STOPS_WITHIN = 6.0  # seconds; the workers get what is left of the supervisor's 15


class Command(BaseCommand):
    """`manage.py serve`."""

    help = "Runs Batchadmin on this machine: web server, workers and scheduler, until Ctrl-C or SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which options there are."""
        parser.add_argument(
            "--host", default="127.0.0.1", help="the address to listen on (default: this machine only)"
        )
        parser.add_argument(
            "--port", type=int, help=f"default: PORT, else {DEFAULT_PORT} or the next free one"
        )
        parser.add_argument(
            "--workers", type=worker_count, default=settings.WORKERS, help="workers for bulk work"
        )
        parser.add_argument("--no-demo", action="store_true", help="make no demo data the first time")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to end."""
        try:
            with only_instance(settings.DATA_DIR / "locks" / "serve") as note_address:
                self.serve(note_address, **options)
        except (AlreadyRunningError, PortError) as error:
            self.stderr.write(str(error))
            sys.exit(1)
        except OperationalError as error:
            raise CommandError(_("PostgreSQL can't be reached: %(error)s") % {"error": error}) from None

    def serve(self, note_address: Callable[[str], None], **options: Any) -> None:
        """Set up what is missing, start everything, and keep it running."""
        listening = self.listen(options["host"], options["port"])
        tell_children(listening)
        self.migrate()
        restored_refuse()
        log_ins = self.log_ins(demo_wanted=not options["no_demo"])
        connection.close()
        programs = [web_program(listening), *worker_programs(options["workers"], scheduler=True)]
        supervisor = Supervisor(programs, say=self.say)
        supervisor.every(1.0, lambda: revive_embedded(self.say))
        supervisor.every(0.2, Announcement(listening, log_ins, self.say))
        note_address(listening.url)
        supervisor.run()
        self.say(_("Batchadmin has stopped."))

    def listen(self, host: str, port: int | None) -> Listening:
        """Take the port that is named, else the default one, else, saying so, the next one that is free."""
        named = port if port is not None else env.number("PORT", default=0)
        listening = listen(host=host, port=named or DEFAULT_PORT, move_on=not named)
        if listening.port != (named or DEFAULT_PORT):
            words = _("Port %(wanted)s is taken by another program, so port %(found)s it is.")
            self.say(words % {"wanted": named or DEFAULT_PORT, "found": listening.port})
        return listening

    def migrate(self) -> None:
        """Bring the tables up to date, saying how much there was to do."""
        executor = MigrationExecutor(connection)
        count = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if count:
            words = ngettext("Applying %(count)s migration …", "Applying %(count)s migrations …", count)
            self.say(words % {"count": count})
            call_command("migrate", interactive=False, verbosity=0)

    def log_ins(self, *, demo_wanted: bool) -> list[str]:
        """How to log in, in sentences; makes demo data for it if there is no program yet, unless they aren't wanted."""
        is_empty = not Tenant.objects.exists()
        if is_empty and not demo_wanted:
            return [_("There is no program yet: manage.py create_program NAME --owner EMAIL makes one.")]
        if is_empty:
            self.say(_("Making demo data …"))
        elif not Tenant.objects.filter(slug=DEMO).exists():
            return []
        words = io.StringIO()
        call_command("demo", json=True, stdout=words)
        log_ins = [one for one in json.loads(words.getvalue())["logins"] if one["password"]]
        return [_("Log in as %(email)s (%(role)s), password %(password)s") % one for one in log_ins]

    def say(self, sentence: str) -> None:
        """Print it now, also into a pipe."""
        self.stdout.write(sentence)
        self.stdout.flush()


class Announcement:
    """Says once, as soon as the web server answers, where Batchadmin is and how to log in."""

    def __init__(self, listening: Listening, log_ins: list[str], say: Callable[[str], None]) -> None:
        self.listening = listening
        self.log_ins = log_ins
        self.say = say
        self.made = False

    def __call__(self) -> None:
        if self.made or not self.listening.answers():
            return
        self.made = True
        self.say(_("Batchadmin is running at %(url)s (Ctrl-C stops it).") % {"url": self.listening.url})
        for sentence in self.log_ins:
            self.say(sentence)


def tell_children(listening: Listening) -> None:
    """Put into the environment, for web server and workers, where the site is, unless that is named."""
    if not env.is_set("BASE_URL"):
        os.environ["BASE_URL"] = listening.url
    if not env.is_set("ALLOWED_HOSTS"):
        os.environ["ALLOWED_HOSTS"] = ",".join([*settings.ALLOWED_HOSTS, listening.host])


def web_program(listening: Listening) -> Program:
    """The web server, on a socket that it inherits; what else it needs to know stands in gunicorn.conf.py."""
    number = listening.socket.fileno()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--chdir",
        str(settings.BASE_DIR),
        "--bind",
        f"fd://{number}",
    ]
    return Program(
        name="Web server",
        command=[*command, "--config", str(settings.BASE_DIR / "gunicorn.conf.py"), "batchadmin.wsgi"],
        pass_fds=[number],
        stop_rank=0,
        stop_seconds=WEB_STOPS_WITHIN,
    )
