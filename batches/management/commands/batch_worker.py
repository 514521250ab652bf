"""One worker process. `serve` and `workers` start these and bring back those that end."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import get_resolver, set_urlconf
from django_rq.queues import get_queues

from batchadmin.lib.garbage import look_seldom
from batches.engine.journal import NoJournal
from batches.engine.restoring import restored_refuse
from batches.engine.worker import leave
from batches.rqworker import SliceWorker


class Command(BaseCommand):
    help = "Serves queues until it is told to end (SIGTERM: after the current slice) or Redis goes away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "queues", nargs="+", choices=["express", "bulk"], help="in the order of their rank"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        restored_refuse()
        queues = get_queues(*options["queues"])  # type: ignore[no-untyped-call]
        worker = SliceWorker(queues, connection=queues[0].connection)
        set_urlconf(settings.LINK_URLCONF)
        if "bulk" in options["queues"]:
            get_resolver(settings.LINK_URLCONF).url_patterns  # noqa: B018 - links are made of them; read now, not within the first broadcast
        look_seldom()
        try:
            worker.work(logging_level="WARNING")
        except NoJournal as error:
            raise CommandError(f"{error} Make room there, or name another folder in DATA_DIR.") from error
        finally:
            leave()
