"""The question before a draft is thrown away: it can't be brought back."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from batchadmin.accounts.access import MemberRequest
from batchadmin.lib.htmx import render_confirm

SURE = "sure"  # sent by the question's button
LONGEST_WORDS = 60


def words_of(drafted: QueryDict | None) -> str:
    """How the message that was being written begins; nothing if it has no words yet."""
    written = "" if drafted is None else drafted.get("subject") or drafted.get("body") or ""
    words = " ".join(written.split())
    return words if len(words) <= LONGEST_WORDS else f"{words[:LONGEST_WORDS]}…"


def discard_ask(
    request: MemberRequest, saved_at: datetime, words: str, selected: dict[str, str]
) -> HttpResponse:
    """Ask, and carry along who was selected on another page."""
    told = {"words": words, "at": date_format(localtime(saved_at), "j M Y, H:i")}
    context = {
        "title": _("Throw this draft away?"),
        "consequence": _("“%(words)s”, saved %(at)s, can't be brought back.") % told,
        "hidden": {**selected, SURE: "yes"},
        "confirm_label": _("Throw it away"),
        "cancel_url": reverse("broadcast-new", kwargs={"program": request.membership.program.slug}),
        "cancel_label": _("Keep it"),
        "danger": True,
    }
    return render_confirm(request, context)
