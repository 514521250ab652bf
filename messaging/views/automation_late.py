"""What was due on a day that nothing ran: send it now, or leave it."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from batchadmin.lib.templatetags.ui import amount
from batches.refusals import AudienceChanged, BatchRefused
from messaging.automation.deliveries import channel_check
from messaging.automation.late import AlreadySettled, late_check, late_leave, late_of, late_send
from messaging.automation.late_words import late_sentence, left_out_words
from messaging.choosing import number_of
from messaging.models import Template

from .templates import template_find


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def automation_send_late(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Ask in numbers, then send it to everybody who was missed."""
    template = template_find(request, pk)
    if request.method == "GET":
        return _send_question(request, template)
    try:
        batch = late_send(
            template=template,
            by=request.user,
            expected=number_of(request.POST, "expected"),
            now=timezone.now(),
        )
    except AudienceChanged as changed:
        messages.warning(request, str(changed))
        return _send_question(request, template, status=422)
    except BatchRefused as refused:
        return _back(request, str(refused))
    words = ngettext(
        "“%(name)s” goes out to %(count)s person now.",
        "“%(name)s” goes out to %(count)s people now.",
        batch.pending,
    )
    messages.success(request, words % {"name": template.name, "count": amount(batch.pending)})
    return redirect("automation-template", program=request.membership.program.slug, pk=pk)


def _send_question(request: MemberRequest, template: Template, status: int = 200) -> HttpResponseBase:
    late = late_of(template, timezone.now())
    if late is None:
        return _back(request, str(AlreadySettled()))
    try:
        channel_check(template)
    except BatchRefused as refused:
        return _back(request, str(refused))
    check = late_check(late)
    label = ngettext("Send now to {count}", "Send now to {count}", check.reached)
    consequence = ngettext(
        "%(count)s message goes out by %(channel)s, with the text as it is now.",
        "%(count)s messages go out by %(channel)s, with the text as it is now.",
        check.reached,
    )
    context = {
        "title": _("Send “%(name)s” late?") % {"name": template.name},
        "consequence": consequence % {"count": amount(check.reached), "channel": template.channel},
        "details": [late_sentence(late), *left_out_words(check)],
        "confirm_label": label.format(count=amount(check.reached)),
        "cancel_url": _page(request),
        "hidden": {"expected": late.people},
    }
    return render_confirm(request, context, status=status)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def automation_leave_late(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Ask, then leave what was missed unsent."""
    template, now = template_find(request, pk), timezone.now()
    if request.method == "POST":
        try:
            late_leave(template=template, by=request.user, now=now)
        except BatchRefused as refused:
            return _back(request, str(refused))
        messages.success(request, _("“%(name)s” stays unsent for those days.") % {"name": template.name})
        return redirect(_page(request))
    late = late_of(template, now)
    if late is None:
        return _back(request, str(AlreadySettled()))
    words = ngettext(
        "%(count)s person doesn't get it for those days. This can't be taken back.",
        "%(count)s people don't get it for those days. This can't be taken back.",
        late.people,
    )
    context = {
        "title": _("Leave “%(name)s” unsent?") % {"name": template.name},
        "consequence": words % {"count": amount(late.people)},
        "details": [
            late_sentence(late),
            _("What is due from now on goes out as always. Your name is noted."),
        ],
        "confirm_label": _("Leave %(count)s unsent") % {"count": amount(late.people)},
        "cancel_url": _page(request),
    }
    return render_confirm(request, context)


def _back(request: MemberRequest, words: str) -> HttpResponseBase:
    messages.info(request, words)
    page = _page(request)
    return HttpResponseClientRedirect(page) if request.htmx else redirect(page)


def _page(request: MemberRequest) -> str:
    return reverse("automation", kwargs={"program": request.membership.program.slug})
