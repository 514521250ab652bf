"""For how long a program keeps its data, and the removal of audit entries that are older."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.retention_models import Retention
from batchadmin.accounts.services.audit import audit_record
from batchadmin.lib.apart import each_apart

log = logging.getLogger("batchadmin.retention")

DAYS = ("message_days", "batch_days", "audit_days")
AT_ONCE = 1_000


def retention_of(program: Program) -> Retention:
    """What the program has chosen; unsaved, and keeping everything, if it hasn't."""
    return Retention.objects.filter(program=program).first() or Retention(program=program)


@transaction.atomic
def retention_change(
    *, program: Program, by: User, message_days: int | None, batch_days: int | None, audit_days: int | None
) -> Retention:
    """Keep this program's data for so many days; None keeps it. Raises ValidationError for numbers that can't be."""
    Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    found = retention_of(program)
    wanted = {"message_days": message_days, "batch_days": batch_days, "audit_days": audit_days}
    before = {name: getattr(found, name) for name in DAYS}
    for name, value in wanted.items():
        setattr(found, name, value)
    found.full_clean()
    if wanted != before:
        found.save()
        changed = {
            name.replace("_", " "): f"{before[name] or '–'} → {wanted[name] or '–'}"
            for name in DAYS
            if before[name] != wanted[name]
        }
        audit_record(
            program=program, actor=by, action="program.retention_changed", subject=program.name, **changed
        )
    return found


def audit_purge(*, now: datetime) -> int:
    """Delete audit entries that are older than their programs keep them, some at a time. Returns how many."""
    kept = Retention.objects.exclude(audit_days=None).order_by("pk")
    return each_apart(
        kept, lambda one: _program_purge(one, now), log=log, words="The audit trail of %r can't be shortened"
    )


def _program_purge(retention: Retention, now: datetime) -> int:
    deleted = 0
    before = now - timedelta(days=retention.audit_days or 0)
    while lot := _audit_lot(retention.program_id, before):
        deleted += lot
        if lot < AT_ONCE:
            break
    return deleted


def _audit_lot(program_id: int, before: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL batchadmin.retention = 'audit'")
        cursor.execute(
            "DELETE FROM accounts_auditentry WHERE id = ANY(ARRAY("
            "SELECT id FROM accounts_auditentry WHERE program_id = %s AND at < %s ORDER BY id LIMIT %s))",
            [program_id, before, AT_ONCE],
        )
        found = int(cursor.rowcount)
        cursor.execute("SET LOCAL batchadmin.retention = ''")
    return found
