"""Where a message leads that was just sent."""

from __future__ import annotations

import time

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from batchadmin.accounts.access import MemberRequest
from batches.states import LIVE
from messaging.models import Broadcast

WAIT_SECONDS = 5.0


def lead_to_log(request: MemberRequest, broadcast: Broadcast) -> HttpResponseBase:
    """Lead to the log. A message to a few is waited for: most often it's gone before the page is there."""
    batch = broadcast.batch
    if not batch.listed:
        ends = time.monotonic() + WAIT_SECONDS
        while batch.status in LIVE and time.monotonic() < ends:
            time.sleep(0.1)
            batch.refresh_from_db()
    # No number: who lacks a value, or opts out meanwhile, is still among those that wait.
    words = _("The message is on its way.")
    if batch.status == "scheduled":
        words = _(
            "Scheduled. Who gets it, and at which address, is fixed now; text and time can be changed until then."
        )
    if batch.is_live:
        messages.success(request, words)
    return redirect("broadcast", program=request.membership.program.slug, pk=broadcast.pk)
