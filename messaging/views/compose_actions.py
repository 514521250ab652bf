"""What the buttons of compose do: send, test, keep as a template, take a template's text, read a file of contacts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from batchadmin.accounts.access import MemberRequest
from batchadmin.lib.csvfiles import FileProblem
from batches.refusals import BatchRefused
from campaigns.audience import Selection, SelectionError
from campaigns.contacts import contacts_read
from messaging.approved import approved_clean, approved_fit
from messaging.approved_lines import fields_of, fields_to_fill
from messaging.choosing import contacts_put, number_of
from messaging.compose_form import ComposeForm
from messaging.composing import Wanted, compose_check_all
from messaging.models import TIME_LIMIT, Broadcast
from messaging.providers.registry import provider_class
from messaging.rendering import CannotRender, TemplateFault
from messaging.services import (
    ChannelInvalid,
    broadcast_request,
    few_request,
    offers_of,
    send_once,
    template_save,
    trial_send,
)

from .compose_showing import compose_keep, compose_show, wanted_of
from .sent import lead_to_log

Action = Callable[[MemberRequest, ComposeForm, QueryDict], HttpResponseBase]


def _send(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Request the broadcast. Whatever stands in the way is said on the form, and nothing is sent."""
    compose_keep(request, data)
    if not form.is_valid():
        return compose_show(request, form, data, status=422)
    if "uncounted" in data:  # nobody has seen yet how many that are
        words = _("Nothing is sent yet. See how many get it, and press Send again.")
        return compose_show(request, form, data, notice=words)
    try:
        wanted = wanted_of(request, form, data)
        wanted = replace(wanted, approved=approved_fit(approved_clean(wanted.approved), wanted.offer))
        saw = number_of(data, "expected") if data.get("expected") else None
        selection = wanted.selection.expecting(saw)
        broadcast = send_once(
            program=wanted.program,
            user=request.user,
            key=data.get("key", "")[:64],
            send=lambda: _request(request, form, wanted, selection),
        )
    except TemplateFault as fault:
        form.add_error(fault.field, str(fault))
    except (BatchRefused, SelectionError) as refused:
        form.add_error(None, str(refused))
    else:
        return lead_to_log(request, broadcast)
    return compose_show(request, form, data, status=422)


def _request(request: MemberRequest, form: ComposeForm, wanted: Wanted, selection: Selection) -> Broadcast:
    channel = form.cleaned_data["channel"]
    scheduled_for = form.cleaned_data["scheduled_for"]
    few = form.cleaned_data["to"] == ComposeForm.SELECTION and not scheduled_for and wanted.template is None
    if few and selection.count(wanted.program) <= settings.BATCH_THRESHOLD:
        return few_request(
            program=wanted.program,
            by=request.user,
            channel=channel,
            subject=wanted.subject,
            body=wanted.body,
            audience=selection,
            campaign=wanted.campaign,
            stage=wanted.stage,
            approved=wanted.approved,
        )
    return broadcast_request(
        program=wanted.program,
        by=request.user,
        channel=channel,
        subject=wanted.subject,
        body=wanted.body,
        audience=selection,
        template=wanted.template,
        campaign=wanted.campaign,
        stage=wanted.stage,
        scheduled_for=scheduled_for,
        exclude_past=wanted.exclude_past,
        approved=wanted.approved,
        time_limit=int(form.cleaned_data["time_limit"] or TIME_LIMIT),
    )


def _test(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Send it to oneself, filled in as for the person who is previewed."""
    try:
        wanted = wanted_of(request, form, data)
        person = compose_check_all(wanted, number_of(data, "preview", 1)).preview.person
        if wanted.channel is None:
            raise ChannelInvalid(_("There is no channel to send with yet."))
        address = trial_send(
            program=wanted.program,
            by=request.user,
            channel=wanted.channel,
            subject=wanted.subject,
            body=wanted.body,
            influencer=person,
            campaign=wanted.campaign,
            stage=wanted.stage,
        )
        words = _("A test went to %(address)s.")
        if provider_class(wanted.channel).simulated:
            words = _("Simulated: a test would have gone to %(address)s.")
        messages.success(request, words % {"address": address})
    except (TemplateFault, CannotRender, ChannelInvalid, SelectionError) as error:
        messages.error(request, _("The test was not sent. %(why)s") % {"why": error})
    return _stay(request, form, data)


def _save_template(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Keep the text as a template, named as its subject."""
    subject, body = data.get("subject", ""), data.get("body", "")
    name = " ".join(subject.split()) or body.strip().split("\n")[0]
    try:
        template = template_save(
            program=request.membership.program, by=request.user, name=name[:120], subject=subject, body=body
        )
        messages.success(request, _("Saved as template “%(name)s”.") % {"name": template.name})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _stay(request, form, data)


def _use_template(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Put the template's text into the form."""
    template = form.cleaned_data.get("template")
    if template is None:
        messages.error(request, _("Pick a template first."))
        return _stay(request, form, data)
    text = {"subject": template.subject, "body": template.body, **fields_of(template.approved)}
    return _stay(request, form, _filled(data, text))


def _use_approved(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Put the name of an approved message into the form, and what it wants; without one that is picked, list them anew."""
    key = data.get("approved_pick", "")
    offers = offers_of(form.cleaned_data.get("channel"), anew=not key)
    offer = next((one for one in offers.all if one.key == key), None)
    return _stay(request, form, _filled(data, fields_to_fill(offer) if offer else {}))


def _filled(data: QueryDict, fields: dict[str, str]) -> QueryDict:
    """What was sent, with these fields put into it."""
    filled = data.copy()
    for name, value in fields.items():
        filled[name] = value
    return filled


def _upload(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Find the people of a file, and say which of its rows are nobody."""
    file = form.cleaned_data.get("contacts")
    if file is None:
        messages.error(request, _("Choose a file first."))
        return _stay(request, form, data)
    try:
        program = request.membership.program
        contacts = contacts_read(program=program, file=cast(BinaryIO, file.file), name=file.name[:120])
    except FileProblem as problem:
        form.errors.clear()
        form.add_error("contacts", str(problem))
        compose_keep(request, data)
        return compose_show(request, form, data, status=422)
    return _stay(request, form, contacts_put(data, contacts))


def _stay(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """The page again, saying nothing yet about what isn't filled in."""
    compose_keep(request, data)
    form = ComposeForm(data, membership=request.membership)
    form.is_valid()
    return compose_show(request, form, data, quiet=True)


ACTIONS: dict[str, Action] = {
    "send": _send,
    "test": _test,
    "save_template": _save_template,
    "use_template": _use_template,
    "use_approved": _use_approved,
    "upload": _upload,
}
