"""After a restore: what the backup believes to be unfinished is settled, so that nothing goes out twice by itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from batches.engine.restoring import restored_accept, restored_settle


class Command(BaseCommand):
    """`manage.py after_restore`."""

    help = "Run once after a database was restored, before workers start: settles what may have been sent since the backup."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which options there are."""
        parser.add_argument(
            "--nothing-was-sent",
            action="store_true",
            help="the database was moved in order, or everything stood still since the backup: go on where it was",
        )
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Settle, and say what was done."""
        if options["nothing_was_sent"]:
            restored_accept()
            self.stdout.write(
                "{}" if options["json"] else _("Workers may start; everything goes on where it was.")
            )
            return
        try:
            done = restored_settle()
        except RuntimeError as refusal:
            raise CommandError(str(refusal)) from None
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        words = _(
            "{batches} batches were stopped: {unknown} messages are unknown now, {not_sent} rows are not done.\n"
            "{asked} scheduled batches ask before they go out. {held} channels are paused until somebody resumes them.\n"
            "Workers may start. Next: docs/operations.md, “Restore”."
        )
        self.stdout.write(words.format(**{name: f"{count:,}" for name, count in asdict(done).items()}))
