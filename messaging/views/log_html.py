"""The HTML version of a broadcast's message, in the frame that its log shows it in."""

from __future__ import annotations

from csp.decorators import csp
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from messaging.showing_html import SHOWN_POLICY, html_cleaned

from .log import broadcast_find


@csp(SHOWN_POLICY)
@xframe_options_sameorigin
@require_GET
@member_required()
def log_html(request: MemberRequest, pk: int) -> HttpResponseBase:
    """As it was frozen, with its variables; empty for a message that has no HTML."""
    html = html_cleaned(broadcast_find(request, pk).html)
    return render(request, "messaging/templates/frame.html", {"html": html})
