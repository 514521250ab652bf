"""Saving templates; one that doesn't parse, or that could go out to nobody, is never saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import audit_record
from campaigns.dates import date_name_clean
from campaigns.models import Campaign, Stage
from messaging.approved import approved_body, approved_clean
from messaging.enclosing import size_check
from messaging.models import Attachment, Channel, Template
from messaging.rendering import TemplateFault, message_compile
from messaging.states import Delivery
from messaging.trying import message_try

from .attachments import attachments_add
from .broadcasts import needs_check


@dataclass(frozen=True, slots=True)
class Automation:
    """When a template goes out by itself, by what, and to whom."""

    delivery: Delivery = Delivery.MANUAL
    channel: Channel | None = None
    stages: Sequence[Stage] = ()
    on_date: date | None = None
    date_name: str = ""
    date_offset: int = 0
    exclude_past: bool = True


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a template: those of its own that stay, and new ones."""

    kept: Sequence[Attachment] = ()
    added: Sequence[UploadedFile[bytes]] = ()


def template_save(
    *,
    program: Program,
    by: User | None,
    name: str,
    subject: str,
    body: str,
    html: str | None = None,
    campaign: Campaign | None = None,
    template: Template | None = None,
    automation: Automation | None = None,
    files: Files | None = None,
    approved: Mapping[str, Any] | None = None,
) -> Template:
    """Make a template, or change `template`. What is None of HTML, automation, files and `approved` stays as it is.

    `approved` goes out instead where a provider wants messages that it has approved; without a body it also is the text.

    Raises ValidationError, by field, for a name that is taken, a text that is wrong, more than 25 MB, or an automation
    that could reach nobody.
    """
    is_new = template is None
    template = template or Template(program=program)
    template.name, template.subject, template.body = name.strip(), " ".join(subject.split()), body
    template.html = template.html if html is None else html.strip()
    template.campaign = campaign
    approved_set(template, approved)
    text_check(template, files)
    if automation is not None:
        automation_check(template, automation)
        automation_set(template, automation, by)
    template.full_clean()
    try:
        with transaction.atomic():
            template.save()
            related_save(template, automation, files)
            action = "template.created" if is_new else "template.changed"
            audit_record(
                program=program, actor=by, action=action, subject=template.name, delivery=template.delivery
            )
    except IntegrityError:  # somebody was quicker
        template.full_clean()
        raise
    return template


def approved_set(template: Template, approved: Mapping[str, Any] | None) -> None:
    """Note what goes out where messages have to be approved; raises ValidationError for what can't be used."""
    if approved is None:
        return
    try:
        template.approved = approved_clean(approved)
    except TemplateFault as fault:
        raise ValidationError({fault.field: str(fault)}) from fault
    if template.approved and not template.body.strip():
        template.body = approved_body(template.approved)


def text_check(template: Template, files: Files | None) -> None:
    """Raise ValidationError for a text that doesn't parse, would never end, or is too large with its files."""
    if files is not None:
        sizes = [kept.size for kept in files.kept] + [file.size or 0 for file in files.added]
    else:
        sizes = [one.size for one in template.attachments.all()] if template.pk else []
    try:
        message_compile(subject=template.subject, body=template.body, html=template.html)
        message_try(subject=template.subject, body=template.body, html=template.html)
        size_check(texts=template.subject + template.body + template.html, sizes=sizes)
    except TemplateFault as fault:
        field = "added" if fault.field == "attachments" else fault.field
        raise ValidationError({field: str(fault)}) from fault


def automation_check(template: Template, wanted: Automation) -> None:
    """Raise ValidationError, by field, for an automation that lacks something or contradicts itself."""
    if wanted.delivery == Delivery.MANUAL:
        return
    problems: dict[str, str] = {}
    if wanted.channel is None:
        problems["channel"] = _("Pick the channel that it goes out by.")
    checks = {Delivery.STAGE: stage_problems, Delivery.DATE: date_problems}
    problems |= checks[wanted.delivery](template, wanted)
    if not problems:
        problems |= need_problems(template, wanted)
    if problems:
        raise ValidationError(problems)


def stage_problems(template: Template, wanted: Automation) -> dict[str, str]:
    """What is wrong with sending it on entering a stage."""
    if not wanted.stages:
        return {"stages": _("Tick the stage, or stages, that it is for.")}
    return foreign_problems(template, wanted)


def foreign_problems(template: Template, wanted: Automation) -> dict[str, str]:
    """Stages of another campaign than the template's."""
    foreign = [stage for stage in wanted.stages if template.campaign_id not in (None, stage.campaign_id)]
    if not foreign:
        return {}
    words = _("“%(stage)s” is a stage of another campaign than “%(campaign)s”.")
    return {"stages": words % {"stage": foreign[0], "campaign": template.campaign}}


def date_problems(template: Template, wanted: Automation) -> dict[str, str]:
    """What is wrong with sending it on a date."""
    problems = foreign_problems(template, wanted)
    if template.campaign is None:
        problems["campaign"] = _("Pick the campaign whose participants it goes to.")
    if (wanted.on_date is None) == (not wanted.date_name):
        problems["on_date"] = _("Say a day, or the name of a date of the participants: one of the two.")
    elif wanted.date_name and (unusable := name_problem(wanted.date_name)):
        problems["date_name"] = unusable
    elif wanted.on_date and wanted.on_date != template.on_date and wanted.on_date < timezone.localdate():
        problems["on_date"] = _("This day has passed.")
    return problems


def name_problem(name: str) -> str:
    """Why no participant can have a date of this name; empty if they can."""
    try:
        date_name_clean(name)
    except ValidationError as error:
        return str(error.messages[0])
    return ""


def need_problems(template: Template, wanted: Automation) -> dict[str, str]:
    """Variables that would have no value for anybody."""
    try:
        needs_check(
            message_compile(subject=template.subject, body=template.body, html=template.html),
            campaign_missing=False,
            stage_missing=wanted.delivery != Delivery.STAGE,
        )
    except TemplateFault as fault:
        return {fault.field: str(fault)}
    return {}


def automation_set(template: Template, wanted: Automation, by: User | None) -> None:
    """Note how it goes out. Dates that were past when it was switched on stay past."""
    switched_on = wanted.delivery not in (Delivery.MANUAL, template.delivery)
    template.delivery = wanted.delivery
    template.channel = wanted.channel
    is_date = wanted.delivery == Delivery.DATE
    template.on_date = wanted.on_date if is_date else None
    template.date_name = wanted.date_name.strip() if is_date else ""
    template.date_offset = wanted.date_offset if is_date else 0
    template.exclude_past = wanted.exclude_past
    if switched_on or template.automated_since is None:
        template.automated_by, template.automated_since = by, timezone.now()


def related_save(template: Template, automation: Automation | None, files: Files | None) -> None:
    """The stages and files of a saved template. Part of its transaction."""
    if automation is not None:
        template.stages.set([] if automation.delivery == Delivery.MANUAL else automation.stages)
    if files is not None:
        added = attachments_add(program=template.program, files=files.added)
        template.attachments.set([*files.kept, *added])


def template_copy(*, template: Template, by: User) -> Template:
    """A copy under a free name: “Invitation (copy)”, “Invitation (copy 2)” … It goes out by hand until it is told otherwise."""
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
        html=template.html,
        campaign=template.campaign,
        approved=template.approved,
        files=Files(kept=list(template.attachments.all())),
    )


def copy_name(name: str, number: int) -> str:
    """The name of the copy with this number, no longer than a name may be."""
    ending = f" ({_('copy')})" if number == 1 else f" ({_('copy')} {number})"
    return name[: 120 - len(ending)] + ending
