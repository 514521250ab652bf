"""Adding to the audit trail."""

from typing import Any

from django.db import connection, transaction

from batchadmin.accounts.models import AuditEntry, Program, User


def audit_record(
    *, program: Program, actor: User | None, action: str, subject: str, **detail: Any
) -> AuditEntry:
    """Note that `actor` did `action` (a code such as "member.added") to `subject`; `detail` must fit JSON.

    Call it in the transaction of the change itself. `actor` is None for the program's own doings.
    """
    return AuditEntry.objects.create(
        program=program,
        actor=actor,
        actor_name=actor.email if actor else "",
        action=action,
        subject=subject[:250],
        detail=detail,
    )


def audit_forget(*, program: Program, influencer_id: int) -> int:
    """Take name and address of somebody who is being erased out of earlier entries; who did what when stays.

    Returns how many entries were about them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL batchadmin.retention = 'erasure'")
        cursor.execute(
            "UPDATE accounts_auditentry SET subject = %s, detail = detail - 'address'"
            " WHERE program_id = %s AND detail @> jsonb_build_object('influencer', %s::bigint)",
            ["", program.pk, influencer_id],
        )
        found = int(cursor.rowcount)
        cursor.execute("SET LOCAL batchadmin.retention = ''")
    return found
