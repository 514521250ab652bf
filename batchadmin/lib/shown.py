"""Which rows a page shows: its poller says so in the address, and is told about these alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.http import HttpRequest, QueryDict

from batchadmin.lib.tables import PAGE_SIZES

SHOWN = "shown"


def shown_keys(request: HttpRequest) -> list[int]:
    """The keys of the rows that the page says it shows, a page of them at most; anything else in the address is left out."""
    found = re.findall(r"[0-9]{1,18}", request.GET.get(SHOWN, ""))
    return [int(key) for key in found[: max(PAGE_SIZES)]]


def live_url(path: str, asked: QueryDict, keys: Iterable[int]) -> str:
    """What the poller of a page asks: the page with what it was asked for, and with what it shows."""
    data = asked.copy()
    data[SHOWN] = "-".join(map(str, keys))
    return f"{path}?{data.urlencode()}"
