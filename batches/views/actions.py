"""Stopping a batch, and having one go on: a question that says the consequence in numbers, then the deed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from batches.models import BatchRequest
from batches.presentation.actions import Actions
from batches.refusals import BatchRefused
from batches.registry import kind_of
from batches.services import batch_resume, batch_stop

from .detail import find_batch


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def batch_stop_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Ask, then stop. A batch that can't be stopped says why on its own page."""
    batch = find_batch(request, pk)
    actions = Actions(batch, request.membership)
    if request.method == "POST":
        try:
            batch_stop(batch=batch, by=request.user)
        except BatchRefused as refusal:
            messages.error(request, str(refusal))
        return redirect(kind_of(batch).page(batch))
    if not actions.may_stop:
        return _back(request, batch, actions.no_stop)
    begun = batch.started_at is not None
    context = {
        "title": actions.stop_question,
        "consequence": actions.stop_consequence,
        "confirm_label": actions.stop_confirm,
        "cancel_label": _("Keep sending") if begun and actions.sends else _("Keep it"),
        "cancel_url": kind_of(batch).page(batch),
        "danger": True,
        "live_seconds": 2 if begun else 0,
    }
    return render_confirm(request, context)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def batch_resume_page(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Ask, then have it go on now. A batch that doesn't wait for anything says so on its own page."""
    batch = find_batch(request, pk)
    actions = Actions(batch, request.membership)
    if request.method == "POST":
        try:
            batch_resume(batch=batch, by=request.user)
        except BatchRefused as refusal:
            messages.error(request, str(refusal))
        return redirect(kind_of(batch).page(batch))
    if not actions.may_resume:
        return _back(request, batch, actions.no_resume)
    context = {
        "title": actions.resume_question,
        "consequence": actions.resume_consequence,
        "confirm_label": actions.resume_label,
        "cancel_label": _("Let it wait"),
        "cancel_url": kind_of(batch).page(batch),
    }
    return render_confirm(request, context)


def _back(request: MemberRequest, batch: BatchRequest, words: str) -> HttpResponse:
    """To the batch's page, which says why the question wasn't asked; also from within a dialog."""
    messages.error(request, words)
    page = kind_of(batch).page(batch)
    return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
