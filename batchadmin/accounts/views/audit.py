"""Settings > Audit: who did what in the program; for owners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.audit_filters import AuditFilter
from batchadmin.accounts.audit_words import action_words, detail_words
from batchadmin.accounts.models import AuditEntry
from batchadmin.accounts.states import Role
from batchadmin.lib.exports import csv_response
from batchadmin.lib.htmx import render_page

PAGE = 50


@require_GET
@member_required(Role.OWNER)
def audit(request: MemberRequest) -> HttpResponse:
    """The newest entries that fit the filter, 50 a page. Nothing is counted: the trail grows for ever."""
    found = AuditFilter(request.GET, queryset=_entries(request), request=request)
    before = request.GET.get("before", "")
    rows = found.qs
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    entries = list(rows[: PAGE + 1])
    older = _query(request, before=entries[PAGE - 1].pk) if len(entries) > PAGE else ""
    context = {"filter": found, "entries": entries[:PAGE], "older": older, "is_newest": not before}
    return render_page(request, "accounts/audit.html", {**context, "export": _query(request)})


@require_GET
@member_required(Role.OWNER)
def audit_export(request: MemberRequest) -> HttpResponseBase:
    """All entries that fit the filter, as a CSV file; sent while it is read."""
    found = AuditFilter(request.GET, queryset=_entries(request), request=request)
    header = ["At", "Who", "What", "Code", "To what", "Detail"]
    return csv_response("audit trail", header, _lines(found.qs))


def _entries(request: MemberRequest) -> Any:
    return AuditEntry.objects.visible_to(request.membership).order_by("-pk")


def _lines(entries: Any) -> Iterator[list[Any]]:
    for one in entries.iterator(chunk_size=1000):
        yield [
            one.at,
            one.actor_name,
            action_words(one.action),
            one.action,
            one.subject,
            detail_words(one.detail),
        ]


def _query(request: MemberRequest, **more: Any) -> str:
    """The filter as the query of an address."""
    data = request.GET.copy()
    data.pop("before", None)
    for name, value in more.items():
        data[name] = str(value)
    return data.urlencode()
