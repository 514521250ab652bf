"""Saving templates; one that doesn't parse is never saved."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import audit_record
from campaigns.models import Campaign
from messaging.models import Template
from messaging.rendering import TemplateFault, message_compile


def template_save(
    *,
    program: Program,
    by: User | None,
    name: str,
    subject: str,
    body: str,
    campaign: Campaign | None = None,
    template: Template | None = None,
) -> Template:
    """Make a template, or change `template`. Raises ValidationError for a name that is taken or a text that is wrong."""
    is_new = template is None
    template = template or Template(program=program)
    template.name, template.subject, template.body = name.strip(), " ".join(subject.split()), body
    template.campaign = campaign
    try:
        message_compile(subject=subject, body=body)
    except TemplateFault as fault:
        raise ValidationError({fault.field: str(fault)}) from fault
    template.full_clean()
    try:
        with transaction.atomic():
            template.save()
            action = "template.created" if is_new else "template.changed"
            audit_record(program=program, actor=by, action=action, subject=template.name)
    except IntegrityError:  # somebody was quicker
        template.full_clean()
        raise
    return template


def template_copy(*, template: Template, by: User) -> Template:
    """A copy under a free name: “Invitation (copy)”, “Invitation (copy 2)” …"""
    taken = set(
        Template.objects.filter(program=template.program_id, name__startswith=template.name).values_list(
            "name", flat=True
        )
    )
    names = (copy_name(template.name, number) for number in range(1, len(taken) + 2))
    return template_save(
        program=template.program,
        by=by,
        name=next(name for name in names if name not in taken),
        subject=template.subject,
        body=template.body,
        campaign=template.campaign,
    )


def copy_name(name: str, number: int) -> str:
    """The name of the copy with this number, no longer than a name may be."""
    ending = f" ({_('copy')})" if number == 1 else f" ({_('copy')} {number})"
    return name[: 120 - len(ending)] + ending
