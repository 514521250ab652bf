"""Looks whether migrations can be applied while the last release still runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from batchadmin.lib.migration_rules import faults

# The last migration of each app in the last release. Written when a release is made, and kept with the code.
RELEASED = Path(settings.BASE_DIR) / "batchadmin" / "lib" / "released-migrations.json"


class Command(BaseCommand):
    """`manage.py lint_migrations`."""

    help = "Fails when a migration since the last release would hurt the one that still runs; see docs/deploying.md."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which options there are."""
        parser.add_argument(
            "--note-release", action="store_true", help="a release is made now: what comes later is judged"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at every migration of our own since the last release."""
        if options["note_release"]:
            RELEASED.write_text(json.dumps(last_migrations(), indent=2) + "\n", encoding="utf-8")
            return
        if not RELEASED.exists():
            self.stdout.write("No release is noted yet, so there is none that migrations would have to suit.")
            return
        found = faults(since(json.loads(RELEASED.read_text(encoding="utf-8"))))
        if found:
            raise CommandError(
                "\n".join(found) + "\nSee “Migrations” in docs/deploying.md for what to do instead."
            )


def ours() -> dict[tuple[str, str], Migration]:
    """The migrations of our own apps, by app and name."""
    rooms = tuple(
        f"{settings.BASE_DIR}/{name}" for name in ("batchadmin", "batches", "campaigns", "messaging")
    )
    labels = {app.label for app in apps.get_app_configs() if app.path.startswith(rooms)}
    migrations = MigrationLoader(None).disk_migrations
    return {key: one for key, one in sorted(migrations.items()) if key[0] in labels}


def last_migrations() -> dict[str, str]:
    """The last migration of each of our apps."""
    return {app: name for app, name in ours()}  # noqa: C416 - of several, the last one stays


def since(released: dict[str, str]) -> list[Migration]:
    """Our migrations that the release does not have; they are numbered in their order."""
    return [one for (app, name), one in ours().items() if name > released.get(app, "")]
