"""The base of every table on a page: looks, order, page size, and a paginator that never counts."""

import re
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.paginator import EmptyPage, Paginator
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import Column, Table
from django_tables2.paginators import LazyPaginator
from django_tables2.utils import AttributeDict

from batchadmin.lib.moments import relative_time

PAGE_SIZES = (25, 50, 100, 250)
PAGE_SIZE = 50
HIGHEST_PAGE = 1_000_000
LOOKS = "table table-vcenter card-table table-mobile-md"


AnyTable = TypeVar("AnyTable", bound="PageTable")


class UncountedPaginator(LazyPaginator):
    """Asks for one row more than a page holds, so it knows whether there is a next page without COUNT(*)."""


class PageTable(Table):
    """A table as components/table.html draws it.

    A subclass says its columns, `caption` (its name, for those who hear it instead of seeing it) and, when the
    page has no empty state of its own, `empty_text`.
    """

    caption: str | Promise = ""
    request: HttpRequest

    class Meta:
        template_name = "components/table.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        # Not in Meta: the library forgets it in a subclass whose Meta isn't made from this one.
        self.attrs = AttributeDict({"class": LOOKS} | dict(self.attrs))
        if self.empty_text is None:
            self.empty_text = gettext_lazy("Nothing here.")


class WhenColumn(Column):
    """A time as people say it ("3 minutes ago"), with the exact one on hover; a dash where there is none."""

    def render(self, value: datetime) -> SafeString:
        """The cell."""
        return relative_time(value)


def table_configure(
    request: HttpRequest, table: AnyTable, *, counted: bool = False, page_size: int = PAGE_SIZE
) -> AnyTable:
    """Order the table and pick its page as the address says (`sort`, `page`, `per_page`); returns the table.

    `counted` asks the database for the number of rows, which is right for small tables only. A page that isn't
    there shows the last one, or the first where nobody counts; a size that isn't offered is ignored.
    """
    table.request = request
    order = request.GET.getlist(table.prefixed_order_by_field)
    if order:
        table.order_by = order
    size = _number(request, table.prefixed_per_page_field)
    paginator = Paginator if counted else UncountedPaginator
    per_page = size if size in PAGE_SIZES else page_size
    try:
        table.paginate(  # type: ignore[no-untyped-call]
            paginator, per_page, _number(request, table.prefixed_page_field) or 1
        )
    except EmptyPage:
        table.page = table.paginator.page(table.paginator.num_pages if counted else 1)
    return table


def _number(request: HttpRequest, name: str) -> int | None:
    """What the address says under `name`, if it's a number that a database can count to."""
    text = request.GET.get(name, "")
    return min(int(text), HIGHEST_PAGE) if re.fullmatch("[0-9]{1,9}", text) else None


def page_span(table: Table) -> str:
    """Which rows are shown: "1–50 of 9,312", or "1–50" where nobody counted, or "" where there are none."""
    page = table.page
    shown = len(page.object_list)
    if not shown:
        return ""
    first = (page.number - 1) * page.paginator.per_page + 1
    span = f"{intcomma(first)}–{intcomma(first + shown - 1)}"
    if isinstance(page.paginator, UncountedPaginator):
        return span
    return _("%(span)s of %(total)s") % {"span": span, "total": intcomma(page.paginator.count)}
