"""The preview beside the editor, and the frame in which HTML is shown."""

from __future__ import annotations

from csp.decorators import csp
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from messaging.previews import Draft, draft_about, draft_of, preview_draft
from messaging.showing_html import SHOWN_POLICY, html_cleaned

from .templates import template_find


@require_POST
@member_required(Role.MANAGER)
def template_preview(request: MemberRequest) -> HttpResponseBase:
    """The preview of what is being written."""
    draft = draft_of(request.POST)
    context = {"preview": preview_draft(request.membership, draft), "draft": draft}
    return render(request, "messaging/templates/_preview.html", context)


@csp(SHOWN_POLICY)
@xframe_options_sameorigin
@require_POST
@member_required(Role.MANAGER)
def template_html(request: MemberRequest) -> HttpResponseBase:
    """The HTML of what is being written, for the preview's frame."""
    return _frame(request, draft_of(request.POST))


@csp(SHOWN_POLICY)
@xframe_options_sameorigin
@require_GET
@member_required()
def template_html_saved(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The HTML of a template, for the preview's frame: for whom one searches, or as compose's preview has it."""
    draft = Draft.of(template_find(request, pk), request.GET.get("person", ""))
    return _frame(request, draft_about(draft, request.GET))


def _frame(request: MemberRequest, draft: Draft) -> HttpResponseBase:
    preview = preview_draft(request.membership, draft)
    html = html_cleaned(preview.text.html) if preview.text else ""
    return render(request, "messaging/templates/frame.html", {"html": html})
