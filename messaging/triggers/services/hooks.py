"""Adding and removing the hooks of a trigger."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.accounts.services import audit_record
from batchadmin.lib.outgoing import OutgoingRefused, url_check
from batchadmin.lib.signing import secret_text
from messaging.models import ActionHook, Trigger
from messaging.states import HookCallState

MOST_HOOKS = 5


@transaction.atomic
def hook_add(*, trigger: Trigger, by: User, url: str) -> ActionHook:
    """A new hook of the trigger, with a secret of its own, for the launches from now on.

    Raises ValidationError for an address that is never sent to, and for a sixth hook.
    """
    url = url.strip()
    try:
        url_check(url)
    except OutgoingRefused as refused:
        raise ValidationError({"url": str(refused)}) from refused
    Trigger.objects.select_for_update().get(pk=trigger.pk)
    current = trigger.hooks.current()
    if current.filter(url=url).exists():
        raise ValidationError({"url": _("This trigger has a hook to this address already.")})
    if current.count() >= MOST_HOOKS:
        raise ValidationError({"url": _("A trigger has at most %(most)s hooks.") % {"most": MOST_HOOKS}})
    hook = ActionHook.objects.create(trigger=trigger, url=url, secret=secret_text())
    audit_record(program=trigger.program, actor=by, action="hook.added", subject=trigger.name, url=url)
    return hook


@transaction.atomic
def hook_remove(*, hook: ActionHook, by: User) -> None:
    """Call this hook no more; calls that still wait are given up. Repeating it changes nothing."""
    now = timezone.now()
    if ActionHook.objects.filter(pk=hook.pk, removed_at=None).update(removed_at=now):
        hook.calls.filter(state=HookCallState.WAITING).update(state=HookCallState.GAVE_UP, ended_at=now)
        program, name = hook.trigger.program, hook.trigger.name
        audit_record(program=program, actor=by, action="hook.removed", subject=name, url=hook.url)
