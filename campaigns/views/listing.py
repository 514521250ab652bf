"""What pages with a list of people to tick share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from batchadmin.accounts.access import MemberRequest
from batchadmin.lib.tables import table_configure
from campaigns.audience import Selection, SelectionError
from campaigns.filters import InfluencerFilter
from campaigns.presentation import Ticks
from campaigns.tables import PeopleTable

MOST_COUNTED = 10_000
# Of the address of a page: what is not part of the filter.
NOT_FILTER = ("sort", "page", "per_page", "who", "ids", "except", "shown", "expected", "filter", "format")


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of a list of people, with its selection; `count` is exact when everybody is selected, else up to a limit."""

    table: PeopleTable
    ticks: Ticks | None
    count: int
    problem: str = ""

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > MOST_COUNTED and not (self.ticks and self.ticks.selection.everything)

    @property
    def counted(self) -> int:
        """The number to show, with "+" if `is_more`."""
        return MOST_COUNTED if self.is_more else self.count


def people_page(
    request: MemberRequest,
    table: type[PeopleTable],
    rows: QuerySet[Any],
    *,
    narrowed: InfluencerFilter,
    filter_query: str,
    pk_name: str = "pk",
) -> PeoplePage:
    """The page of `rows` that the address asks for; managers can tick. `pk_name` leads from a row to its influencer."""
    may_tick = request.membership.may_manage
    selection, problem = _selection(request, filter_query)
    count = rows.order_by().count() if selection.everything else rows.order_by()[: MOST_COUNTED + 1].count()
    if selection.everything:
        selection = selection.expecting(count - len(selection.except_ids))
    slug = request.membership.program.slug
    made = table(rows, program_slug=slug, ticks=Ticks(selection, ()) if may_tick else None)
    table_configure(request, made)
    if not may_tick:
        return PeoplePage(made, None, count, problem)
    made.ticks = Ticks(selection, tuple(_influencer_id(row.record, pk_name) for row in made.paginated_rows))
    return PeoplePage(made, made.ticks, count, problem)


def _influencer_id(record: Any, pk_name: str) -> int:
    return int(getattr(record, pk_name))


def _selection(request: MemberRequest, filter_query: str) -> tuple[Selection, str]:
    """What the address says is selected, always with this list's own filter."""
    try:
        asked = Selection.from_params(request.GET)
    except SelectionError as error:
        return Selection(), str(error)
    if not asked.everything:
        return Selection(ids=asked.ids), ""
    return Selection(everything=True, filter=filter_query, except_ids=asked.except_ids), ""


def filter_query(request: MemberRequest, **fixed: int) -> str:
    """The address's filter, as a selection carries it; `fixed` are those that the page itself sets."""
    params = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name not in NOT_FILTER and any(values):
            params.setlist(name, values)
    for name, value in fixed.items():
        params[name] = str(value)
    return params.urlencode()
