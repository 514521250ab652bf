"""Bulk messages > Templates."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required, refuse
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_page
from batchadmin.lib.tables import table_configure
from campaigns.audience import Selection
from campaigns.models import Influencer
from messaging.composing import Preview, Wanted, fill_in
from messaging.forms import TemplateForm
from messaging.models import Template
from messaging.rendering import TemplateFault, message_compile
from messaging.services import template_copy, template_save
from messaging.tables import TemplateTable
from messaging.variables import OFFERED


def template_find(request: MemberRequest, pk: int) -> Template:
    """The template with this id, if it is one of the member's program; raises Http404 otherwise."""
    return get_object_or_404(
        Template.objects.visible_to(request.membership).select_related("campaign"), pk=pk
    )


@member_required()
def template_list(request: MemberRequest) -> HttpResponseBase:
    """The templates of the program."""
    rows = Template.objects.visible_to(request.membership).select_related("campaign").in_order()
    table = table_configure(request, TemplateTable(rows, membership=request.membership))
    nothing = table.page.number == 1 and not table.page.object_list
    return render_page(
        request, "messaging/templates/templates.html", {"table": table, "nothing_at_all": nothing}
    )


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
    initial = (
        {
            "name": template.name,
            "subject": template.subject,
            "body": template.body,
            "campaign": template.campaign,
        }
        if template
        else {}
    )
    form = TemplateForm(
        request.POST if request.method == "POST" else None, initial=initial, membership=request.membership
    )
    if request.method == "POST" and form.is_valid():
        try:
            saved = template_save(
                program=request.membership.program, by=request.user, template=template, **form.cleaned_data
            )
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
            return redirect("template", program=request.membership.program.slug, pk=saved.pk)
        except ValidationError as error:
            for name, words in error.message_dict.items():
                form.add_error(name if name in form.fields else None, words)
    subject, body = form["subject"].value() or "", form["body"].value() or ""
    context = {
        "form": form,
        "template": template,
        "offered": OFFERED,
        "preview": preview(request, subject, body, template),
        "used": template.broadcasts.count() if template else 0,
    }
    return render(request, "messaging/templates/template.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.MANAGER)
def template_preview(request: MemberRequest) -> HttpResponseBase:
    """The preview of what is being written."""
    subject, body = (request.POST.get(name, "").replace("\x00", "") for name in ("subject", "body"))
    context = {"preview": preview(request, subject, body, None)}
    return render(request, "messaging/compose/_preview.html", context)


def preview(request: MemberRequest, subject: str, body: str, template: Template | None) -> Preview:
    """The message as somebody of the program would get it, or what is wrong with it."""
    program = request.membership.program
    if not body.strip():
        return Preview(problem=_("Write a message to see it here."))
    try:
        message_compile(subject=subject, body=body)
    except TemplateFault as fault:
        return Preview(problem=str(fault))
    person = (
        Influencer.objects.visible_to(request.membership)
        .present()
        .exclude(first_name="")
        .order_by("pk")
        .first()
    )
    if person is None:
        return Preview(problem=_("There is nobody to preview it for yet."))
    shown = Preview(person=person)
    campaign = template.campaign if template else None
    wanted = Wanted(
        program=program, channel=None, selection=Selection(), subject=subject, body=body, campaign=campaign
    )
    fill_in(shown, wanted, person)
    return shown


@require_POST
@member_required(Role.MANAGER)
def template_copy_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Copy a template and open the copy."""
    copy = template_copy(template=template_find(request, pk), by=request.user)
    messages.success(request, _("This is the copy."))
    return redirect("template", program=request.membership.program.slug, pk=copy.pk)
