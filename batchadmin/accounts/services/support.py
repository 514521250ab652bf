"""What support does for people who can't get in, or whose browser somebody else has. Noted in each of their programs' trails."""

from __future__ import annotations

from axes.utils import reset
from django.db import transaction

from batchadmin.accounts.models import User
from batchadmin.accounts.services.audit import audit_record
from batchadmin.accounts.services.sessions import sessions_end
from batchadmin.accounts.services.tries import tries_of_account_forget


@transaction.atomic
def log_in_unlock(*, user: User, by: User) -> int:
    """Forget the failed tries for the account, wherever they came from; returns how many addresses had some."""
    forgotten = int(reset(username=user.email)) + tries_of_account_forget(email=user.email)
    if forgotten:
        _record(user, by, "member.unlocked")
    return forgotten


@transaction.atomic
def sessions_end_by_support(*, user: User, by: User) -> int:
    """Log the user out everywhere; returns how many sessions there were."""
    ended = sessions_end(user=user)
    if ended:
        _record(user, by, "member.logged_out")
    return ended


def _record(user: User, by: User, action: str) -> None:
    for membership in user.memberships.select_related("program"):
        audit_record(program=membership.program, actor=by, action=action, subject=user.email)
