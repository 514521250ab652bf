"""Migrations that would hurt the release that still runs are found, and those that don't are let pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import CommandError, call_command
from django.db import models
from django.db.migrations import Migration, operations

from batchadmin.lib.management.commands import lint_migrations
from batchadmin.lib.migration_rules import faults

INDEX = models.Index(fields=["status"], name="one")


def migration(app: str, *steps: Any, **more: Any) -> Migration:
    """A migration of an app."""
    made = type("Made", (Migration,), {"operations": list(steps), **more})
    found: Migration = made("0099_made", app)
    return found


HURTS = [
    ("a column is removed", "accounts", operations.RemoveField("program", "name")),
    ("a column is renamed", "accounts", operations.RenameField("program", "name", "title")),
    ("a table is removed", "accounts", operations.DeleteModel("program")),
    ("a table is renamed", "accounts", operations.RenameModel("program", "tenant")),
    ("a table is renamed", "accounts", operations.AlterModelTable("program", "tenants")),
    (
        "without null and without db_default",
        "accounts",
        operations.AddField("program", "a", models.IntegerField()),
    ),
    ("db_default", "accounts", operations.AddField("program", "a", models.IntegerField(default=1))),
    ("made under a lock", "batches", operations.AddIndex("batchitem", INDEX)),
    ("made under a lock", "messaging", operations.RemoveIndex("message", "one")),
    (
        "with an index",
        "batches",
        operations.AddField("batchitem", "a", models.IntegerField(null=True, db_index=True)),
    ),
    (
        "foreign key of a large table",
        "messaging",
        operations.AddField("message", "a", models.ForeignKey("accounts.User", models.SET_NULL, null=True)),
    ),
    ("altered", "messaging", operations.AlterField("message", "body", models.CharField(max_length=9))),
    (
        "checked under a lock",
        "messaging",
        operations.AddConstraint("message", models.UniqueConstraint(fields=["body"], name="one")),
    ),
]
FINE = [
    ("accounts", operations.AddField("program", "a", models.IntegerField(null=True))),
    ("accounts", operations.AddField("program", "a", models.IntegerField(default=1, db_default=1))),
    ("accounts", operations.AddIndex("program", INDEX)),
    ("accounts", operations.AlterField("program", "name", models.CharField(max_length=999))),
    ("batches", operations.AddField("batchitem", "a", models.IntegerField(null=True))),
    ("messaging", AddIndexConcurrently("message", INDEX)),
    ("accounts", operations.CreateModel("new", [("id", models.BigAutoField(primary_key=True))])),
    ("accounts", operations.RunPython(operations.RunPython.noop)),
]


@pytest.mark.parametrize(("words", "app", "step"), HURTS)
def test_what_hurts_the_last_release_is_said(words: str, app: str, step: Any) -> None:
    [fault] = faults([migration(app, step)])
    assert words in fault
    assert fault.startswith(f"{app}.0099_made, operation 0: ")


@pytest.mark.parametrize(("app", "step"), FINE)
def test_what_suits_both_releases_passes(app: str, step: Any) -> None:
    assert faults([migration(app, step)]) == []


def test_a_table_may_be_shaped_by_the_migration_that_makes_it() -> None:
    steps = [
        operations.CreateModel("BatchItem", [("id", models.BigAutoField(primary_key=True))]),
        operations.AddField("batchitem", "a", models.IntegerField()),
        operations.AddIndex("batchitem", INDEX),
    ]
    assert faults([migration("batches", *steps)]) == []


def test_a_reason_lets_an_operation_pass_and_nothing_else() -> None:
    steps = [operations.RemoveField("program", "a"), operations.RemoveField("program", "b")]
    [fault] = faults([migration("accounts", *steps, allowed_because={0: "unused since 0.2"})])
    assert "operation 1" in fault
    assert len(faults([migration("accounts", *steps, allowed_because={0: " "})])) == 2


def test_our_own_migrations_since_the_last_release_are_in_order() -> None:
    call_command("lint_migrations")


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command notes the release during this test."""
    monkeypatch.setattr(lint_migrations, "RELEASED", tmp_path / "released.json")
    return tmp_path / "released.json"


def test_only_what_came_after_the_last_release_is_judged(released: Path) -> None:
    call_command("lint_migrations")  # no release, nothing to suit
    released.write_text("{}")
    with pytest.raises(CommandError, match=r"messaging\.000\d_\w+, operation \d+: a "):
        call_command("lint_migrations")
    call_command("lint_migrations", note_release=True)
    assert set(json.loads(released.read_text())) == {"accounts", "batches", "campaigns", "messaging"}
    call_command("lint_migrations")
