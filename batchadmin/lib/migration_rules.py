"""What a migration may do while the last release still runs on the same tables. `docs/deploying.md` has the policy in words.

A release takes columns and tables away only when the one before it has stopped using them; what it adds must suit code that
doesn't know it; and nothing may lock a large table for longer than a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.migrations import Migration, operations
from django.db.models import NOT_PROVIDED, Field
from django.db.models.fields.related import ForeignKey, ManyToManyField

# Tables that may hold millions of rows: to scan one, or to build an index on it, under a lock stops the site.
LARGE = {
    ("accounts", "auditentry"),
    ("batches", "notice"),
    ("batches", "webhookdelivery"),
    ("campaigns", "optchange"),
    ("campaigns", "optout"),
    ("campaigns", "subscription"),
    ("messaging", "automateddelivery"),
    ("batches", "batchitem"),
    ("batches", "batchrequest"),
    ("batches", "batchevent"),
    ("campaigns", "influencer"),
    ("campaigns", "participant"),
    ("campaigns", "stagechange"),
    ("messaging", "message"),
    ("messaging", "chat"),
    ("messaging", "receipt"),
}
ALLOWED = "allowed_because"  # an attribute of a migration: {number of the operation: why it is safe}


def faults(migrations: Iterable[Migration]) -> list[str]:
    """What these migrations do that would hurt the release before, one sentence each; none, if they are in order."""
    return [fault for migration in migrations for fault in _faults(migration)]


def _faults(migration: Migration) -> Iterator[str]:
    allowed: dict[int, str] = getattr(migration, ALLOWED, {})
    made = {
        operation.name.lower()
        for operation in migration.operations
        if isinstance(operation, operations.CreateModel)
    }
    for number, operation in enumerate(migration.operations):
        words = _fault(migration.app_label, operation, made)
        if words and not allowed.get(number, "").strip():
            yield f"{migration.app_label}.{migration.name}, operation {number}: {words}"


def _fault(app: str, operation: object, made: set[str]) -> str:
    """What is wrong with one operation; on tables that the same migration has made everything is allowed."""
    if isinstance(operation, operations.RenameModel | operations.AlterModelTable):
        return "a table is renamed; the last release looks for it under its old name"
    if isinstance(operation, operations.DeleteModel):
        return "a table is removed; do that one release after the last use of it is gone"
    table = str(getattr(operation, "model_name", "")).lower()
    if not table or table in made:
        return ""
    is_large = (app, table) in LARGE
    return _of_columns(operation, is_large) or (_under_a_lock(operation) if is_large else "")


def _of_columns(operation: object, is_large: bool) -> str:
    match operation:
        case operations.RenameField():
            return "a column is renamed; add a new one, fill it, and remove the old one a release later"
        case operations.RemoveField():
            return "a column is removed; do that one release after the last use of it is gone"
        case operations.AddField(field=field):
            return _added(field, is_large)
        case _:
            return ""


def _under_a_lock(operation: object) -> str:
    """What keeps everybody out of a large table for as long as it takes."""
    match operation:
        case AddIndexConcurrently() | RemoveIndexConcurrently():
            return ""
        case operations.AlterField():
            return "a column of a large table is altered, which may write it anew under a lock"
        case operations.AddIndex() | operations.RemoveIndex():
            return (
                "an index of a large table is made under a lock; use AddIndexConcurrently with atomic = False"
            )
        case operations.AddConstraint():
            return "a constraint of a large table is checked under a lock; add it as not valid, and validate it apart"
        case _:
            return ""


def _added(field: Field[object, object], is_large: bool) -> str:
    if isinstance(field, ManyToManyField):
        return ""
    if not field.null and field.db_default is NOT_PROVIDED:
        return "a column without null and without db_default is added; the last release couldn't write rows any more"
    is_indexed = field.unique or getattr(field, "db_index", False)
    if is_large and isinstance(field, ForeignKey) and (is_indexed or getattr(field, "db_constraint", True)):
        return "a foreign key of a large table is added with its index and its check under a lock"
    if is_large and is_indexed:
        return "a column of a large table is added with an index, which is made under a lock"
    return ""
