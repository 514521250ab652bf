"""Keeping what somebody is writing, so that a closed tab loses nothing and a double click sends once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from batchadmin.accounts.models import Program, User
from messaging.models import Broadcast, Draft

SENT_KEY, SENT_BATCH = "sent_key", "sent_batch"


def draft_save(*, program: Program, user: User, content: dict[str, Any]) -> Draft:
    """Keep this as the user's draft in the program; there is one."""
    draft, _made = Draft.objects.update_or_create(program=program, user=user, defaults={"content": content})
    return draft


def draft_delete(*, program: Program, user: User) -> None:
    """The message was thrown away."""
    Draft.objects.filter(program=program, user=user).delete()


def send_once(*, program: Program, user: User, key: str, send: Callable[[], Broadcast]) -> Broadcast:
    """Call `send` unless the form with this key was sent already; then the broadcast of that time is returned.

    Empties the draft. Whatever `send` raises undoes everything.
    """
    with transaction.atomic():
        Draft.objects.get_or_create(program=program, user=user)
        draft = Draft.objects.select_for_update().get(program=program, user=user)
        if key and draft.content.get(SENT_KEY) == key:
            return Broadcast.objects.with_all().get(pk=draft.content[SENT_BATCH])
        broadcast = send()
        draft.content = {SENT_KEY: key, SENT_BATCH: broadcast.pk}
        draft.save()
    return broadcast
