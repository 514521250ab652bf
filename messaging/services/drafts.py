"""Keeping what somebody is writing, so that a closed tab loses nothing and a double click sends once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from batchadmin.accounts.models import Program, User
from messaging.models import Broadcast, Draft

SENT = "sent"  # the keys of the forms that were sent last, each with its batch
MOST_SENT = 10  # tabs in which somebody may press Send twice


def draft_save(*, program: Program, user: User, content: dict[str, Any], key: str = "") -> None:
    """Keep this as the user's draft in the program; there is one. Of a form that was sent (by its key) nothing is kept:
    what its page still had to say comes too late."""
    with transaction.atomic():
        draft = _locked(program, user)
        sent = draft.content.get(SENT, {})
        if key and key in sent:
            return
        draft.content = {**content, SENT: sent}
        draft.save()


def draft_delete(*, program: Program, user: User) -> None:
    """The message was thrown away."""
    with transaction.atomic():
        draft = _locked(program, user)
        draft.content = {SENT: draft.content.get(SENT, {})}
        draft.save()


def send_once(*, program: Program, user: User, key: str, send: Callable[[], Broadcast]) -> Broadcast:
    """Call `send` unless the form with this key was sent already; then the broadcast of that time is returned.

    Empties the draft. Whatever `send` raises undoes everything.
    """
    with transaction.atomic():
        draft = _locked(program, user)
        sent = dict(draft.content.get(SENT, {}))
        if key and key in sent:
            return Broadcast.objects.with_all().get(pk=sent[key])
        broadcast = send()
        # JSON in PostgreSQL keeps no order, but ids grow.
        last = sorted({**sent, key: broadcast.pk}.items(), key=lambda one: one[1])[-MOST_SENT:]
        draft.content = {SENT: dict(last)}
        draft.save()
    return broadcast


def _locked(program: Program, user: User) -> Draft:
    Draft.objects.get_or_create(program=program, user=user)
    return Draft.objects.select_for_update().get(program=program, user=user)
