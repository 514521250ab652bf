"""Adding to the audit trail."""

from typing import Any

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
