"""manage.py batch list|show|stop|resume|restart|sweep: what support does with batches. Scripts rely on it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batchadmin.accounts.commanding import first_owner, program_named
from batchadmin.accounts.models import User
from batches.engine.restoring import restored_refuse
from batches.engine.sweeper import counts_check, sweep
from batches.models import BatchRequest
from batches.presentation.plain import check_words, list_words, show_words, sweep_words
from batches.refusals import BatchRefused
from batches.registry import kind_of
from batches.services import batch_resume, batch_stop
from batches.states import BatchStatus
from batches.waiting import batch_document

MOST = 50
# The names under which scripts know the steps of a sweep.
STEPS = {
    "batch_start_due": "started",
    "batch_retry_due": "retried",
    "notices_wake": "notices",
    "deliveries_wake": "webhooks",
    "wake_ready": "ready",
}


class Command(BaseCommand):
    """Exit status 0; 1 if `sweep --check` finds books that disagree; 2 for bad usage and for what can't be done."""

    help = "List, show, stop, resume, restart and sweep batch requests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line, as docs and scripts rely on it."""
        parser.add_argument("action", choices=["list", "show", "stop", "resume", "restart", "sweep"])
        parser.add_argument(
            "id", nargs="?", type=int, metavar="ID", help="which batch; not for list and sweep"
        )
        parser.add_argument("--program", metavar="SLUG", help="only batches of this program")
        parser.add_argument("--status", choices=BatchStatus.values, help="list: only batches in this status")
        parser.add_argument(
            "--limit", type=int, default=MOST, metavar="N", help=f"list: how many (default {MOST})"
        )
        parser.add_argument("--by", metavar="EMAIL", help="who does it (default: the program's first owner)")
        parser.add_argument(
            "--check", action="store_true", help="sweep: only compare every batch's counts with its items"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and tell; raises CommandError (exit status 1 or 2) with a sentence otherwise."""
        needs_id = options["action"] not in ("list", "sweep")
        if needs_id and options["id"] is None:
            raise CommandError(f"Which batch? Write: batch {options['action']} ID", returncode=2)
        if not needs_id and options["id"] is not None:
            raise CommandError(f"batch {options['action']} takes no ID.", returncode=2)
        self._options = options
        getattr(self, f"_{options['action']}")()

    def _list(self) -> None:
        batches = self._batches().newest_first()
        if self._options["status"]:
            batches = batches.filter(status=self._options["status"])
        if self._options["limit"] < 1:
            raise CommandError("--limit is 1 or more.", returncode=2)
        found = list(batches[: self._options["limit"]])
        self._tell({"batches": [batch_document(batch) for batch in found]}, list_words(found))

    def _show(self) -> None:
        batch = self._batch()
        self._tell(batch_document(batch), show_words(batch))

    def _stop(self) -> None:
        batch = self._batch()
        self._done(batch_stop, batch=batch, by=self._by(batch), force=True)

    def _resume(self) -> None:
        batch = self._batch()
        self._done(batch_resume, batch=batch, by=self._by(batch))

    def _restart(self) -> None:
        batch = self._batch()
        self._done(kind_of(batch).restart, batch, self._by(batch))

    def _sweep(self) -> None:
        if self._options["check"]:
            wrong = counts_check()
            self._tell({"wrong": wrong}, check_words(wrong))
            if wrong:
                raise SystemExit(1)
            return
        restored_refuse()
        done = {STEPS.get(step, step): count for step, count in sweep().items()}
        self._tell(done, sweep_words(done))

    def _done(self, service: Any, *args: Any, **kwargs: Any) -> None:
        """Carry it out and show the batch as it stands then."""
        try:
            batch: BatchRequest = service(*args, **kwargs)
        except BatchRefused as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        self._tell(batch_document(batch), show_words(batch))

    def _tell(self, document: Any, words: str) -> None:
        self.stdout.write(json.dumps(document, indent=2) if self._options["json"] else words)

    def _batches(self) -> Any:
        batches = BatchRequest.objects.select_related("program", "requester", "stopped_by")
        slug = self._options["program"]
        return batches if slug is None else batches.filter(program=program_named(slug))

    def _batch(self) -> BatchRequest:
        batch: BatchRequest | None = self._batches().filter(pk=self._options["id"]).first()
        if batch is None:
            where = f" in {self._options['program']}" if self._options["program"] else ""
            raise CommandError(f"There is no batch {self._options['id']}{where}.", returncode=2)
        return batch

    def _by(self, batch: BatchRequest) -> User:
        """The user whose deed this is."""
        email = self._options["by"]
        if email:
            named = User.objects.filter(email=email.lower(), is_active=True).first()
            if named is None:
                raise CommandError(f"Nobody logs in as {email}.", returncode=2)
            return named
        return first_owner(batch.program)
