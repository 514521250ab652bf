"""What this app's commands share: their options, waiting for batches, and telling how those went."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from batches.engine.sweeper import workers_alive
from batches.models import BatchRequest
from batches.waiting import wait_until_ended


def options_add(parser: CommandParser) -> None:
    """The options that every command of this app has."""
    parser.add_argument("--program", required=True, metavar="SLUG")
    parser.add_argument("--by", metavar="EMAIL", help="who requests it (default: the program's first owner)")
    parser.add_argument(
        "--wait", action="store_true", help="wait until it has ended; exit status 1 if it failed"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def batches_wait(command: BaseCommand, batches: Sequence[BatchRequest], *, wait: bool) -> None:
    """Wait for them in turn; without `wait`, warn when nobody will do the work. The warning goes to stderr."""
    if wait:
        for batch in batches:
            wait_until_ended(batch)
    elif any(batch.is_live for batch in batches) and not workers_alive():
        command.stderr.write("No worker is running: it waits until one is. Start one with: manage.py workers")


def document_print(command: BaseCommand, document: dict[str, Any], *, as_json: bool, words: str) -> None:
    """Print the document alone, or the words for people."""
    command.stdout.write(json.dumps(document, default=str) if as_json else words)
