"""manage.py purge_payloads: erase what imports carried, a day after they were requested."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from campaigns.commanding import document_print
from campaigns.services import payloads_purge


class Command(BaseCommand):
    """The scheduler does the same by itself; exit status 0."""

    help = "Erase rows, errors and files of imports that are older than 24 hours. The counts stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line, as docs and scripts rely on it."""
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, and say how much."""
        purged = payloads_purge(now=timezone.now())
        words = f"{purged.bulks:,} bulks and {purged.imports:,} imports emptied."
        document = {"bulks": purged.bulks, "imports": purged.imports}
        document_print(self, document, as_json=options["json"], words=words)
