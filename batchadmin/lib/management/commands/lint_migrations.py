"""Looks whether migrations can be applied while the last release still runs."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from batchadmin.lib.migration_rules import faults

# The last migrations that no release has to live with: there was none before them.
BEFORE_FIRST_RELEASE = {"accounts": 2, "batches": 5, "campaigns": 5, "messaging": 4}


class Command(BaseCommand):
    """`manage.py lint_migrations`."""

    help = "Fails when a migration would hurt the release that still runs; see docs/deploying.md."

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at every migration of our own since the first release."""
        found = faults(ours())
        if found:
            raise CommandError(
                "\n".join(found) + "\nSee “Migrations” in docs/deploying.md for what to do instead."
            )


def ours() -> list[Migration]:
    """The migrations of our own apps since the first release."""
    labels = {app.label for app in apps.get_app_configs() if app.path.startswith(str(settings.BASE_DIR))}
    migrations = MigrationLoader(None).disk_migrations
    return [
        migration
        for (label, name), migration in sorted(migrations.items())
        if label in labels and int(name[:4]) > BEFORE_FIRST_RELEASE.get(label, 0)
    ]
