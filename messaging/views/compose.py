"""Bulk messages > New: who, what, a check with numbers, and send; also for those who were selected on another page."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.carrying import carried_take
from batchadmin.accounts.states import Role
from campaigns.audience import Selection, SelectionError
from messaging.approved_lines import APPROVED_FIELDS, fields_of
from messaging.choosing import picked_change
from messaging.compose_form import ComposeForm
from messaging.filters import without_nul
from messaging.left_out import left_out_groups
from messaging.models import Draft
from messaging.services import draft_delete

from .compose_actions import ACTIONS
from .compose_discarding import SURE, discard_ask, words_of
from .compose_showing import SELECTION_NAMES, compose_context, compose_keep, compose_show, wanted_of

LOOK = "look"  # asks for the numbers only
MARK = "composing"  # tells our own form from a selection that another page posts
INITIAL = {"to": ComposeForm.FILTER, "when": ComposeForm.NOW, "exclude_past": "on"}
STARTS = ("campaign", "stage", "template", "about")
MESSAGE = ("subject", "body", "channel", *APPROVED_FIELDS)
OLD_WAYS = ("everyone", "campaign")  # of drafts from before there was a filter


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER, keeps_form=True)
def compose(request: MemberRequest) -> HttpResponseBase:
    """The form; what its buttons do."""
    data = without_nul(request.POST if request.method == "POST" else request.GET)
    if request.method != "POST" or MARK not in data:
        carried = carried_take(request)
        return _carried(request, carried) if carried else _open(request, data)
    data, form = _read(request, data)
    action = ACTIONS.get(data.get("action", ""))
    if action:
        return action(request, form, data)
    compose_keep(request, data)
    return compose_show(request, form, data)


@require_POST
@member_required(Role.MANAGER)
def compose_check(request: MemberRequest) -> HttpResponseBase:
    """What stands beside the form, worked out anew; keeps the draft as well."""
    data, form = _read(request, without_nul(request.POST))
    context = {**compose_context(request, form, data), "oob": True}
    if LOOK in data:  # the page has just been opened, and nobody has written anything
        form.errors.clear()
        context["quiet"] = True
    else:
        compose_keep(request, data)
    return render(request, "messaging/compose/_check.html", context)


@require_POST
@member_required(Role.MANAGER)
def compose_discard(request: MemberRequest) -> HttpResponseBase:
    """Throw the draft away and start anew, with the people who were selected, if any. If it has words, ask first."""
    data = without_nul(request.POST)
    draft = Draft.objects.visible_to(request.membership).filter(user=request.user).first()
    words = words_of(_drafted(draft))
    is_selection = any(name in data for name in SELECTION_NAMES)
    if draft is not None and words and SURE not in data:
        return discard_ask(request, draft.saved_at, words, _normalized(data) if is_selection else {})
    draft_delete(program=request.membership.program, user=request.user)
    if is_selection:
        return _open(request, data)
    return redirect("broadcast-new", program=request.membership.program.slug)


@require_POST
@member_required(Role.MANAGER)
def compose_left_out(request: MemberRequest) -> HttpResponseBase:
    """Who would be left out of what stands in the form, and why."""
    data, form = _read(request, without_nul(request.POST))
    try:
        groups = left_out_groups(wanted_of(request, form, data))
    except SelectionError:
        groups = []
    return render(request, "messaging/compose/left_out.html", {"groups": groups})


def _read(request: MemberRequest, data: QueryDict) -> tuple[QueryDict, ComposeForm]:
    """What was sent, with the buttons Add and Remove done, and its form."""
    try:
        data = picked_change(data)
    except SelectionError:
        data = data.copy()
        data["picked"] = ""
    form = ComposeForm(data, request.FILES, membership=request.membership)
    form.is_valid()
    return data, form


def _open(request: MemberRequest, data: QueryDict) -> HttpResponseBase:
    """A fresh form: for a selection from another page, from the draft, or empty."""
    draft = Draft.objects.visible_to(request.membership).filter(user=request.user).first()
    drafted = _drafted(draft)
    selected = any(name in data for name in ("ids", "who"))
    if not selected and not any(name in data for name in STARTS):
        opened = drafted or _fresh(QueryDict(mutable=True))
        return _opened(request, opened, draft if drafted is not None else None)
    opened = QueryDict(mutable=True)
    for name in STARTS:
        opened.setlist(name, data.getlist(name))
    if selected:
        opened["to"] = ComposeForm.SELECTION
        opened["about"] = data.get("about", "")
        opened.update(_normalized(data))
    text = drafted if selected and drafted is not None and drafted.get("body") else None
    for name in MESSAGE if text is not None else ():
        opened[name] = text.get(name, "") if text is not None else ""
    return _opened(request, _fresh(opened), draft if text is not None else None)


def _normalized(data: QueryDict) -> dict[str, str]:
    """The selection in as few fields as it goes; as it is if it can't be read, which the page then says."""
    try:
        params = Selection.from_params(data).as_params()
    except SelectionError:
        return {name: ",".join(data.getlist(name)) for name in SELECTION_NAMES if name in data}
    return {name: value for name, value in params.items() if name in SELECTION_NAMES}


def _fresh(opened: QueryDict) -> QueryDict:
    for name, value in INITIAL.items():
        if name not in opened:
            opened[name] = value
    return opened


def _opened(request: MemberRequest, opened: QueryDict, draft: Draft | None) -> HttpResponseBase:
    form = ComposeForm(opened, membership=request.membership)
    if not opened.get("channel"):
        opened["channel"] = str(form.channels[0].pk) if form.channels else ""
    form.is_valid()
    template = form.cleaned_data.get("template")
    if template is not None and "body" not in opened:
        opened.update({"subject": template.subject, "body": template.body, **fields_of(template.approved)})
    from_draft = draft.saved_at if draft else None
    return compose_show(request, form, opened, quiet=True, from_draft=from_draft, counted_later=True)


def _drafted(draft: Draft | None) -> QueryDict | None:
    """What the user was writing, as a form sends it; None if there is nothing."""
    if draft is None or draft.content.get("body") is None:
        return None
    return _form_data(draft.content)


def _form_data(content: dict[str, object]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in content.items():
        if isinstance(values, list):
            data.setlist(name, [str(value) for value in values])
    if data.get("to") in OLD_WAYS:
        data["to"] = ComposeForm.FILTER
    return data


def _carried(request: MemberRequest, content: dict[str, list[str]]) -> HttpResponse:
    """What was sent while nobody was logged in: shown again, and not done."""
    data, form = _read(request, _form_data(dict(content)))
    compose_keep(request, data)
    form.errors.clear()
    words = _("You had been logged out. What you wrote is all here; nothing has been sent.")
    return compose_show(request, form, data, notice=words)
