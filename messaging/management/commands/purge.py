"""manage.py purge: remove now what programs don't keep any longer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from campaigns.commanding import document_print
from messaging.jobs import retention_due


class Command(BaseCommand):
    """The scheduler does the same by itself every ten minutes; exit status 0."""

    help = "Remove texts of messages, details of batches and audit entries that are older than their programs keep them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line, as docs and scripts rely on it."""
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove, and say how much."""
        removed = retention_due()
        words = (
            f"{removed['messages']:,} messages and {removed['batches']:,} batches emptied,"
            f" {removed['audit_entries']:,} audit entries removed."
        )
        document_print(self, removed, as_json=options["json"], words=words)
