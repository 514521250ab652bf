"""Bulk messages > New: who, what, a check with numbers, and send; also for those who were selected on another page."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batches.refusals import BatchRefused
from campaigns.audience import Selection, SelectionError
from messaging.approved import approved_body
from messaging.composing import Composed, Wanted, compose_check_all, selection_for
from messaging.filters import without_nul
from messaging.forms import ComposeForm
from messaging.models import Broadcast, Channel, Draft
from messaging.providers.registry import provider_class
from messaging.rendering import CannotRender, TemplateFault
from messaging.services import (
    ChannelInvalid,
    broadcast_request,
    draft_delete,
    draft_save,
    few_request,
    send_once,
    template_save,
    trial_send,
)
from messaging.variables import OFFERED

from .sent import lead_to_log

SELECTION_NAMES = ("ids", "who", "filter", "except", "expected")
NOT_KEPT = ("csrfmiddlewaretoken", "action", "key", "expected")
MARK = "composing"  # tells our own form from a selection that another page posts


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def compose(request: MemberRequest) -> HttpResponseBase:
    """The form; what its buttons do."""
    data = without_nul(request.POST if request.method == "POST" else request.GET)
    if request.method != "POST" or MARK not in data:
        return _open(request, data)
    form = ComposeForm(data, membership=request.membership)
    form.is_valid()
    actions = {"send": _send, "test": _test, "save_template": _save_template, "use_template": _use_template}
    action = actions.get(data.get("action", ""))
    return action(request, form, data) if action else _show(request, form, data)


@require_POST
@member_required(Role.MANAGER)
def compose_check(request: MemberRequest) -> HttpResponseBase:
    """What stands beside the form, worked out anew; keeps the draft as well."""
    data = without_nul(request.POST)
    form = ComposeForm(data, membership=request.membership)
    form.is_valid()
    _keep(request, data)
    return render(request, "messaging/compose/_check.html", {**_context(request, form, data), "oob": True})


@require_POST
@member_required(Role.MANAGER)
def compose_draft(request: MemberRequest) -> HttpResponseBase:
    """Keep the draft, and nothing else."""
    _keep(request, without_nul(request.POST))
    return HttpResponse(status=204)


@require_POST
@member_required(Role.MANAGER)
def compose_discard(request: MemberRequest) -> HttpResponseBase:
    """Throw the draft away and start anew."""
    draft_delete(program=request.membership.program, user=request.user)
    return redirect("broadcast-new", program=request.membership.program.slug)


def _open(request: MemberRequest, data: QueryDict) -> HttpResponseBase:
    """A fresh form: for a selection from another page, from the draft, or empty."""
    opened = QueryDict(mutable=True)
    draft = Draft.objects.visible_to(request.membership).filter(user=request.user).first()
    selected = any(name in data for name in ("ids", "who"))
    from_draft = None
    if selected or any(name in data for name in ("campaign", "stage", "template")):
        opened.update({"to": "selection" if selected else "campaign" if "campaign" in data else "everyone"})
        for name in (*SELECTION_NAMES, "campaign", "stage", "template"):
            opened.setlist(name, data.getlist(name))
    elif draft is not None and draft.content.get("body") is not None:
        for name, values in draft.content.items():
            opened.setlist(name, values if isinstance(values, list) else [values])
        from_draft = draft.saved_at
    initial = {"to": "everyone", "when": "now", "exclude_past": "on"}
    for name, value in initial.items():
        if name not in opened and from_draft is None:
            opened[name] = value
    if "channel" not in opened:
        channel = Channel.objects.visible_to(request.membership).in_order().first()
        opened["channel"] = str(channel.pk) if channel else ""
    form = ComposeForm(opened, membership=request.membership)
    form.is_valid()
    return _show(request, form, opened, quiet=True, from_draft=from_draft)


def _show(
    request: MemberRequest,
    form: ComposeForm,
    data: QueryDict,
    *,
    quiet: bool = False,
    status: int = 200,
    from_draft: Any = None,
) -> HttpResponse:
    """The page. `quiet`: nothing is said yet about what isn't filled in."""
    context = _context(request, form, data)
    if quiet:
        form.errors.clear()
        context["quiet"] = True
    context["from_draft"] = from_draft
    return render(request, "messaging/compose/compose.html", context, status=status)


def _context(request: MemberRequest, form: ComposeForm, data: QueryDict) -> dict[str, Any]:
    composed = Composed()
    try:
        composed = compose_check_all(_wanted(request, form, data), _number(data.get("preview", "1")))
    except SelectionError as error:
        composed.trouble = str(error)
    given = [(name, value) for name in SELECTION_NAMES[:-1] for value in data.getlist(name)]
    return {
        "form": form,
        "composed": composed,
        "check": composed.check,
        "preview": composed.preview,
        "given": given,
        "key": data.get("key") or uuid.uuid4().hex,
        "offered": OFFERED,
        "recommended": settings.BATCH_RECOMMENDED_SIZE,
        "few": settings.BATCH_THRESHOLD,
        "saved_at": timezone.now(),
        "channels_exist": form.fields["channel"].queryset.exists(),  # type: ignore[attr-defined]
        "takes_approved": any(
            provider_class(channel).takes_approved
            for channel in form.fields["channel"].queryset  # type: ignore[attr-defined]
        ),
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


def _wanted(request: MemberRequest, form: ComposeForm, data: QueryDict) -> Wanted:
    """What the form says, also where it isn't valid yet. Raises SelectionError."""
    chosen = getattr(form, "cleaned_data", {})
    given = Selection.from_params(data) if any(name in data for name in ("ids", "who")) else None
    stage = chosen.get("stage") if data.get("to") != "everyone" else None
    campaign = (
        (chosen.get("campaign") or (stage.campaign if stage else None))
        if data.get("to") != "everyone"
        else None
    )
    selection = selection_for(
        to=data.get("to", ""), given=given, campaign=campaign, stage=stage, q=data.get("q", "")
    )
    approved = ComposeForm.approved(chosen)
    return Wanted(
        program=request.membership.program,
        channel=chosen.get("channel"),
        selection=selection,
        subject="" if approved else data.get("subject", ""),
        body=approved_body(approved) if approved else data.get("body", ""),
        approved=approved,
        template=chosen.get("template"),
        campaign=campaign,
        stage=stage,
        exclude_past=bool(chosen.get("exclude_past")),
    )


def _keep(request: MemberRequest, data: QueryDict) -> None:
    content = {name: data.getlist(name) for name in data if name not in NOT_KEPT}
    draft_save(program=request.membership.program, user=request.user, content=content)


def _send(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Request the broadcast. Whatever stands in the way is said on the form, and nothing is sent."""
    if not form.is_valid():
        return _show(request, form, data, status=422)
    try:
        wanted = _wanted(request, form, data)
        saw = data.get("expected", "")
        selection = wanted.selection.expecting(int(saw) if saw.isascii() and saw.isdecimal() else None)
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
    return _show(request, form, data, status=422)


def _request(request: MemberRequest, form: ComposeForm, wanted: Wanted, selection: Selection) -> Broadcast:
    channel = form.cleaned_data["channel"]
    scheduled_for = form.cleaned_data["scheduled_for"]
    few = form.cleaned_data["to"] == "selection" and not scheduled_for and wanted.template is None
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
    )


def _test(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Send it to oneself, filled in as for the person who is previewed."""
    try:
        wanted = _wanted(request, form, data)
        person = compose_check_all(wanted, _number(data.get("preview", "1"))).preview.person
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
        messages.success(request, _("A test went to %(address)s.") % {"address": address})
    except (TemplateFault, CannotRender, ChannelInvalid, SelectionError) as error:
        messages.error(request, _("The test was not sent. %(why)s") % {"why": error})
    _keep(request, data)
    return _show(request, form, data)


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
    return _show(request, form, data)


def _use_template(request: MemberRequest, form: ComposeForm, data: QueryDict) -> HttpResponseBase:
    """Put the template's text into the form."""
    template = getattr(form, "cleaned_data", {}).get("template")
    if template is None:
        messages.error(request, _("Pick a template first."))
        return _show(request, form, data)
    filled = data.copy()
    filled["subject"], filled["body"] = template.subject, template.body
    form = ComposeForm(filled, membership=request.membership)
    form.is_valid()
    _keep(request, filled)
    return _show(request, form, filled)
