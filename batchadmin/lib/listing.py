"""A list as a page, as the part of it that htmx asks for, or as a file of exactly what is filtered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .exports import Row, export_response
from .filters import ListFilter
from .htmx import render_page
from .tables import PageTable

KINDS = ("csv", "xlsx")
LOT = 2_000


def render_list(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponseBase:
    """The page, with `context["table"]` and `context["filter"]`, or the table as a file where the address asks for one."""
    context["table"].is_filtered = getattr(context.get("filter"), "is_active", False)
    return list_file(request, context["table"]) or render_page(request, template, context, status=status)


def list_file(request: HttpRequest, table: PageTable) -> HttpResponseBase | None:
    """All rows of the table as a file where the address has `format=csv` or `xlsx`; else None."""
    kind = request.GET.get("format", "")
    if kind not in KINDS or not table.file_columns:
        return None
    header = [str(title) for title, _value in table.file_columns]
    return export_response(kind, str(table.caption), header, file_rows(table))


def is_bare(table: PageTable, narrowed: ListFilter) -> bool:
    """Whether there is nothing at all: no row, though nothing is filtered."""
    return table.page.number == 1 and not table.page.object_list and not narrowed.is_active


def file_rows(table: PageTable) -> Iterator[Row]:
    """One row of the file for each row of the table, on whatever page it is."""
    for lot in lots_of(table.data.data):
        table.file_lot(lot)
        for record in lot:
            yield [table.file_value(record, value) for _title, value in table.file_columns]


def lots_of(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """The rows in their order, some thousand at a time: which they are is asked once, so none comes twice or is left out."""
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), LOT):
        lot = keys[start : start + LOT]
        found: dict[Any, Model] = {row.pk: row for row in rows.filter(pk__in=lot)}
        yield [found[key] for key in lot if key in found]
