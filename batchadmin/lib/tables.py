"""The base of every table on a page: looks, order, page size, and a paginator that never counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.formats import localize
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import Column, Table
from django_tables2.paginators import LazyPaginator
from django_tables2.rows import BoundRow, BoundRows
from django_tables2.utils import AttributeDict

from batchadmin.lib.drawing import Pieces, cell_drawer
from batchadmin.lib.markup import escaped
from batchadmin.lib.moments import relative_time
from batchadmin.lib.ordering import sorted_apart

PAGE_SIZES = (25, 50, 100, 250)
PAGE_SIZE = 50
HIGHEST_PAGE = 1_000_000
LOOKS = "table table-vcenter card-table table-mobile-md"
NUMBER = {"th": {"class": "number"}, "td": {"class": "number"}}  # of a column


AnyTable = TypeVar("AnyTable", bound="PageTable")
# The title, and where the value is: its dotted name on the record, or a function of the table and the record.
FileColumn = tuple[str | Promise, str | Callable[[Any, Any], Any]]


DEEP = 1_000  # rows to pass over; from here on it pays to pass over keys alone, without what the rows are joined with


class UncountedPaginator(LazyPaginator):
    """Asks for one row more than a page holds, so it knows whether there is a next page without COUNT(*)."""

    def page(self, number: int | str) -> Any:
        """The page; of one far down, or where the table wants it, the keys are found first, then their rows."""
        place: int = self.validate_number(number)  # type: ignore[no-untyped-call]
        first = (place - 1) * self.per_page
        table: PageTable = self.object_list.table  # type: ignore[attr-defined]
        rows = table.data.data
        if not isinstance(rows, QuerySet) or not (first >= DEEP or table.keys_first):
            return super().page(number)  # type: ignore[no-untyped-call]
        ordered = sorted_apart(rows) if table.is_sorted_apart else rows
        keys = list(ordered.values_list("pk", flat=True)[first : first + self.per_page + 1])
        if not keys and first:
            raise EmptyPage(_("That page contains no results"))
        has_next = len(keys) > self.per_page
        self._num_pages = place + has_next
        self._final_num_pages = None if has_next else place
        return Page(list(BoundRows(_by_keys(table, rows, keys[: self.per_page]), table)), place, self)


def _by_keys(table: PageTable, rows: QuerySet[Any], keys: list[Any]) -> list[Any]:
    """The rows that have these keys, in their order; what narrowed them down isn't asked once more."""
    found = (rows if table.whole is None else table.whole).in_bulk(keys)
    return [found[key] for key in keys if key in found]


class PageTable(Table):
    """A table as components/table.html draws it.

    A subclass says its columns, `caption` (its name, for those who hear it instead of seeing it) and, when the
    page has no empty state of its own, `empty_text`. With `file_columns`, titles with the dotted name of a value or a
    function of the record, it can be had as a file (batchadmin.lib.listing).
    """

    caption: str | Promise = ""
    file_columns: Sequence[FileColumn] = ()
    keys_first = False  # where many rows are sorted: by their keys alone, without what they are joined with
    is_sorted_apart = False  # with `keys_first`: no index is walked in their order to find them
    # With `keys_first`: all rows as the page shows them, narrowed down by nothing but who may see them.
    whole: QuerySet[Any] | None = None
    has_row_ids = False  # each row then has the id `row-<key>`
    is_filtered = False  # an empty table then says that nothing matches
    request: HttpRequest

    class Meta:
        template_name = "components/table.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        # Not in Meta: the library forgets it in a subclass whose Meta isn't made from this one.
        self.attrs = AttributeDict({"class": LOOKS} | dict(self.attrs))
        if self.empty_text is None:
            self.empty_text = gettext_lazy("Nothing here.")

    def file_lot(self, records: Sequence[Any]) -> None:
        """Called with each lot of records before its rows of the file are made: here a table asks for what it needs for all."""

    def file_value(self, record: Any, value: str | Callable[[Any, Any], Any]) -> Any:
        """One cell of the file."""
        if callable(value):
            return value(self, record)
        for name in value.split("."):
            record = getattr(record, name, None)
        return record

    def drawn_rows(self) -> Iterator[SafeString]:
        """The rows of this page, as HTML for components/table.html.

        Here and not by nodes of a template, of which a page would go through three for each of hundreds of cells; and what
        belongs to a column is worked out once.
        """
        heads = [
            (format_html('<td role="cell" {}>', _cell_attributes(column)), cell_drawer(self, column))
            for column in self.columns
        ]
        for row in self.paginated_rows:
            cells = "".join([f"{head}{_as_html(draw(row))}</td>" for head, draw in heads])
            yield SafeString(f'<tr role="row" {self._attributes_of(row)}>{cells}</tr>')

    def _attributes_of(self, row: BoundRow) -> str:
        """The attributes of a row; the library goes a long way to put them together."""
        name = f'id="row-{row.record.pk}" ' if self.has_row_ids else ""
        return f'{name}class="{row.get_even_odd_css_class()}"'

    def piece(self, name: str, **given: Any) -> SafeString:
        """A small template, drawn with what is given; for cells that a page also swaps by themselves."""
        return self.pieces.draw(name, given)

    @cached_property
    def pieces(self) -> Pieces:
        """What draws the small templates of this table."""
        return Pieces(csrf_token=get_token(self.request)) if hasattr(self, "request") else Pieces()


def _as_html(cell: Any) -> str:
    """What a cell shows, as a template would show it: in the reader's time and number format, escaped unless it is HTML."""
    if cell.__class__ is SafeString:
        return str(cell)
    return escaped(localize(template_localtime(cell)))


def _cell_attributes(column: Any) -> SafeString:
    """The attributes of a column's cells; the label is what stands before each of them on a phone."""
    attributes: SafeString = column.attrs["td"].as_html()
    return format_html('{} data-label="{}"', attributes, column.header) if column.header else attributes


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
