"""What pages with a list of people to tick share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from batchadmin.accounts.access import MemberRequest
from batchadmin.lib.htmx import fragment_asked
from batchadmin.lib.ordering import few_first
from batchadmin.lib.tables import table_configure
from campaigns.audience import Selection, SelectionError
from campaigns.column_choice import PARAMETER, ColumnChoice
from campaigns.filters import InfluencerFilter
from campaigns.presentation import Ticks
from campaigns.tables import PeopleTable

MOST_COUNTED = 10_000
QUICK = {"q", "campaign", "stage", "outside"}  # what is told without a look at each person, or true of most
# Of the address of a page: what is not part of the filter.
NOT_FILTER = (
    "sort",
    "page",
    "per_page",
    "who",
    "ids",
    "except",
    "shown",
    "expected",
    "filter",
    "format",
    PARAMETER,
)


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of a list of people, with its selection.

    `count` is how many match where that is known without counting: on the last page, and when everybody is selected.
    """

    table: PeopleTable
    ticks: Ticks | None
    count: int | None
    problem: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody to show."""
        return not self.table.page.object_list


def people_page(
    request: MemberRequest,
    table: type[PeopleTable],
    rows: QuerySet[Any],
    *,
    narrowed: InfluencerFilter,
    filter_query: str,
    whole: QuerySet[Any],
    pk_name: str = "pk",
) -> PeoplePage:
    """The page of `rows` that the address asks for; managers can tick.

    `whole` are all rows that the member may see, as the page shows them, narrowed down by nothing. `pk_name` leads from a row to
    its influencer.
    """
    may_tick = request.membership.may_manage
    selection, problem = _selection(request, filter_query)
    count = None
    if selection.everything:
        count = rows.order_by().count()
        selection = selection.expecting(count - len(selection.except_ids))
    slug = request.membership.program.slug
    words, outside = (bool(narrowed.form.cleaned_data.get(name)) for name in ("q", "outside"))
    found = few_first(rows) if set(narrowed.form.changed_data) - QUICK and not words else rows
    choice = columns_chosen(request, table)
    made = table(found, program_slug=slug, ticks=Ticks(selection, ()) if may_tick else None, choice=choice)
    # Whom words find are sorted, and of those who aren't in a campaign many may be passed over: keys are enough for that.
    made.keys_first, made.is_sorted_apart, made.whole = words or outside, words, whole
    table_configure(request, made)
    if count is None and not made.page.has_next():
        before = (made.page.number - 1) * made.paginator.per_page
        count = before + len(made.page.object_list)
    if not may_tick:
        return PeoplePage(made, None, count, problem)
    made.ticks = Ticks(selection, tuple(_influencer_id(row.record, pk_name) for row in made.paginated_rows))
    return PeoplePage(made, made.ticks, count, problem)


def columns_chosen(request: MemberRequest, table: type[PeopleTable]) -> ColumnChoice:
    """Which columns of the list the address asks for."""
    return ColumnChoice.from_params(request.GET, table.choosable())


def matching_count(request: MemberRequest, rows: QuerySet[Any]) -> HttpResponse | None:
    """How many match, for the link that selects them all: the page asks for it when it stands, so that it needn't wait."""
    if fragment_asked(request) != "select-all":
        return None
    context = {"count": rows.order_by()[: MOST_COUNTED + 1].count(), "most_counted": MOST_COUNTED}
    return render(request, "campaigns/_select_all.html", context)


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
