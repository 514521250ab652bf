"""Keeping what somebody is writing, so that a closed tab loses nothing."""

from __future__ import annotations

from typing import Any

from batchadmin.accounts.models import Program, User
from messaging.models import Draft


def draft_save(*, program: Program, user: User, content: dict[str, Any]) -> Draft:
    """Keep this as the user's draft in the program; there is one."""
    draft, _made = Draft.objects.update_or_create(program=program, user=user, defaults={"content": content})
    return draft


def draft_delete(*, program: Program, user: User) -> None:
    """The message was sent, or thrown away."""
    Draft.objects.filter(program=program, user=user).delete()
