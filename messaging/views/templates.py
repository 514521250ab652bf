"""Bulk messages > Templates: the list and the editor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required, refuse
from batchadmin.accounts.states import Role
from batchadmin.lib.listing import is_bare, render_list
from batchadmin.lib.tables import table_configure
from campaigns.models import Stage
from messaging.approved_lines import fields_to_fill
from messaging.approving import approved_of, approving_channel, channels_of
from messaging.automation.usage import usage_of
from messaging.list_filters import TemplateFilter
from messaging.models import Template
from messaging.previews import Draft, draft_of, preview_draft, trial_of
from messaging.rendering import CannotRender, TemplateFault
from messaging.services import ChannelInvalid, offers_of, template_copy, template_save
from messaging.tables import TemplateTable
from messaging.template_forms import TemplateForm
from messaging.variables import OFFERED


def template_find(request: MemberRequest, pk: int) -> Template:
    """The template with this id, if it is one of the member's program; raises Http404 otherwise."""
    visible = Template.objects.visible_to(request.membership).select_related("campaign", "program", "channel")
    stages = Prefetch("stages", Stage.objects.select_related("campaign"))
    return get_object_or_404(visible.prefetch_related("attachments", stages), pk=pk)


@require_GET
@member_required()
def template_list(request: MemberRequest) -> HttpResponseBase:
    """The templates of the program."""
    narrowed = TemplateFilter(request, Template.objects.visible_to(request.membership))
    rows = narrowed.qs.select_related("campaign").in_order()
    table = table_configure(request, TemplateTable(rows, membership=request.membership))
    context = {"table": table, "filter": narrowed, "nothing_at_all": is_bare(table, narrowed)}
    return render_list(request, "messaging/templates/templates.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def template_new(request: MemberRequest) -> HttpResponseBase:
    """A new template."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@member_required()
def template_edit(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A template and its preview; viewers read it."""
    if request.method == "POST" and not request.membership.may(Role.MANAGER):
        return refuse(request, Role.MANAGER)
    return _edit(request, template_find(request, pk))


def _edit(request: MemberRequest, template: Template | None) -> HttpResponseBase:
    posted = request.method == "POST"
    form = TemplateForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        membership=request.membership,
        template=template,
    )
    action = request.POST.get("action", "save")
    if posted and action == "test":
        _test(request, form, template)
    elif posted and action == "use_approved":
        form = _with_approved(request, template)
    elif posted and action == "save" and form.is_valid():
        saved = _save(request, form, template)
        if saved is not None:
            return redirect("template", program=request.membership.program.slug, pk=saved.pk)
    return _show(request, form, template)


def _show(request: MemberRequest, form: TemplateForm, template: Template | None) -> HttpResponseBase:
    draft = (
        draft_of(form.data)
        if isinstance(form.data, QueryDict)
        else Draft.of(template, request.GET.get("person", ""))
    )
    approving = approving_channel(form.channels, form.data.get("channel", ""))
    offers = offers_of(approving)
    form.offer(offers)
    name, language = form["approved_name"].value() or "", form["approved_language"].value() or ""
    context: dict[str, Any] = {
        "takes_approved": approving is not None,
        "has_files": bool(template and template.attachments.all()),
        "offer": offers.named(name, language),
        "form": form,
        "template": template,
        "offered": OFFERED,
        "preview": preview_draft(request.membership, draft),
        "draft": draft,
        "usage": usage_of(template) if template else None,
    }
    asked_to_save = request.POST.get("action", "save") == "save"
    failed = request.method == "POST" and asked_to_save and bool(form.errors)
    if not asked_to_save:
        form.errors.clear()
    return render(request, "messaging/templates/template.html", context, status=422 if failed else 200)


def _with_approved(request: MemberRequest, template: Template | None) -> TemplateForm:
    """The form with the approved message that was picked, and what it wants; without one, they are listed anew."""
    data, key = request.POST.copy(), request.POST.get("approved_pick", "")
    offers = offers_of(
        approving_channel(channels_of(request.membership), data.get("channel", "")), anew=not key
    )
    offer = next((one for one in offers.all if one.key == key), None)
    for name, value in (fields_to_fill(offer) if offer else {}).items():
        data[name] = value
    return TemplateForm(data, membership=request.membership, template=template)


def _save(request: MemberRequest, form: TemplateForm, template: Template | None) -> Template | None:
    """Save what the form says; what the service refuses stands at the fields."""
    try:
        with transaction.atomic():
            if template is not None:  # nobody else saves it until this has
                template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
                if not form.merge(template):
                    return None
            saved = _save_merged(request, form, template)
    except ValidationError as error:
        for name, words in error.message_dict.items():
            form.add_error(name if name in form.fields else None, words)
        return None
    messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
    return saved


def _save_merged(request: MemberRequest, form: TemplateForm, template: Template | None) -> Template:
    value = form.cleaned_data
    # Where nobody approves messages now, the page doesn't show what was filled in, and it stays.
    approves = approving_channel(form.channels) is not None
    return template_save(
        program=request.membership.program,
        by=request.user,
        template=template,
        name=value["name"],
        subject=value["subject"],
        body=value.get("body", ""),
        approved=approved_of(request.membership, value) if approves else None,
        html=value["html"],
        campaign=value["campaign"],
        automation=form.automation(),
        files=form.attached(),
    )


def _test(request: MemberRequest, form: TemplateForm, template: Template | None) -> None:
    """Send what is written, not saved, to oneself."""
    form.is_valid()
    try:
        address = trial_of(
            request.membership, draft_of(request.POST), form.cleaned_data.get("channel"), template
        )
        messages.success(request, _("A test went to %(address)s.") % {"address": address})
    except (TemplateFault, CannotRender, ChannelInvalid) as error:
        messages.error(request, _("The test was not sent. %(why)s") % {"why": error})


@require_POST
@member_required(Role.MANAGER)
def template_copy_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Copy a template and open the copy."""
    copy = template_copy(template=template_find(request, pk), by=request.user)
    messages.success(request, _("This is the copy."))
    return redirect("template", program=request.membership.program.slug, pk=copy.pk)
