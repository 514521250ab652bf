"""Search: a page of its own, and the answers for the dialog that opens anywhere."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.htmx import ASKED_BY, fragment_asked
from messaging.search import LONGEST, SHORTEST, found_of

RESULTS = "search-results"


@require_GET
@member_required()
def search(request: MemberRequest) -> HttpResponseBase:
    """What has the words of the address in it; for the dialog only the results."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    context = {
        "words": words,
        "groups": found_of(request.membership, words),
        "too_short": len(words) < SHORTEST,
        "shortest": SHORTEST,
        "is_search": True,
    }
    part = fragment_asked(request) == RESULTS
    name = "messaging/search/_results.html" if part else "messaging/search/search.html"
    response = render(request, name, context)
    patch_vary_headers(response, ASKED_BY)
    return response
