"""Making and changing triggers; one whose message can't be used is never saved."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import audit_record
from messaging.models import Channel, Trigger
from messaging.rendering import TemplateFault
from messaging.triggers.message import trigger_compile, trigger_try


def trigger_save(
    *,
    program: Program,
    by: User,
    name: str,
    channel: Channel,
    subject: str,
    body: str,
    by_api: bool = True,
    trigger: Trigger | None = None,
) -> Trigger:
    """Make a trigger, which is not active yet, or change `trigger`. Launches that were requested keep their message.

    Raises ValidationError for a name that is taken or a text that is wrong.
    """
    is_new = trigger is None
    trigger = trigger or Trigger(program=program)
    trigger.name, trigger.channel, trigger.by_api = name.strip(), channel, by_api
    trigger.subject, trigger.body = " ".join(subject.split()), body.replace("\r\n", "\n")
    check_message(trigger)
    trigger.full_clean()
    try:
        with transaction.atomic():
            trigger.save()
            action = "trigger.created" if is_new else "trigger.changed"
            audit_record(program=program, actor=by, action=action, subject=trigger.name)
    except IntegrityError:  # somebody was quicker
        trigger.full_clean()
        raise
    return trigger


def check_message(trigger: Trigger) -> None:
    """Raise ValidationError if the trigger's message can't be used."""
    if trigger.channel.program_id != trigger.program_id:
        raise ValidationError({"channel": _("This channel is of another program.")})
    if not trigger.body.strip():
        raise ValidationError({"body": _("Write a message.")})
    try:
        trigger_compile(subject=trigger.subject, body=trigger.body)
        trigger_try(subject=trigger.subject, body=trigger.body)
    except TemplateFault as fault:
        raise ValidationError({fault.field: str(fault)}) from fault


def trigger_activate(*, trigger: Trigger, by: User, active: bool) -> None:
    """Let the trigger be launched, or no more; what was launched before goes on. Repeating it changes nothing."""
    with transaction.atomic():
        changed = Trigger.objects.filter(pk=trigger.pk, is_active=not active).update(is_active=active)
        if changed:
            action = "trigger.activated" if active else "trigger.deactivated"
            audit_record(program=trigger.program, actor=by, action=action, subject=trigger.name)
    trigger.is_active = active
