"""How the hundreds of cells of a page are drawn: what is the same for all of them is worked out once.

The library's way, a lookup of template, signature, accessor and choices for each cell, took most of the time of a list.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from django.template import Context
from django.template.base import Template
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django_tables2.columns import ManyToManyColumn
from django_tables2.columns.linkcolumn import BaseLinkColumn
from django_tables2.rows import BoundRow

EASY = {"record", "value"}  # what most of our `render_…` ask for


class Pieces:
    """Small templates that one page draws many times: each is looked up once, and all share one context."""

    def __init__(self, **shared: Any) -> None:
        self._context = Context(shared)
        self._templates: dict[str, Template] = {}

    def draw(self, name: str, given: Mapping[str, Any]) -> SafeString:
        """The template `name` with what is given and what all share."""
        template = self._templates.get(name)
        if template is None:
            template = self._templates[name] = get_template(name).template  # type: ignore[attr-defined]
        self._context.template = template
        with self._context.push(**given):
            return template.render(self._context)


def cell_drawer(table: Any, column: Any) -> Callable[[BoundRow], Any]:
    """A function that draws the column's cell of a row, as the library's `get_cell` does."""
    name, render, kind = column.name, column.render, column.column
    wanted = _parameters(getattr(render, "__func__", render))
    is_special = column.link or isinstance(kind, (BaseLinkColumn, ManyToManyColumn))
    if is_special or not wanted <= EASY or ("value" in wanted and _has_choices(table, column)):
        return lambda row: row.get_cell(name)
    empty, resolve, absent = kind.empty_values, column.accessor.resolve, column.default
    needs_value = bool(empty) or "value" in wanted

    def draw(row: BoundRow) -> Any:
        value = None
        if needs_value:
            with suppress(Exception):  # as the library does: then there is no such value
                value = resolve(row.record)
            if value in empty:
                return absent
        given = {"record": row.record, "value": value}
        return render(**{key: given[key] for key in wanted})

    return draw


@cache
def _parameters(render: Callable[..., Any]) -> frozenset[str]:
    """What a method that draws a cell asks for, besides its table or column."""
    return frozenset(inspect.signature(render).parameters) - {"self"}


def _has_choices(table: Any, column: Any) -> bool:
    """Whether the library would give the words of a choice for the value."""
    model = table._meta.model
    if model is None:
        return True
    fields = {field.name: field for field in model._meta.get_fields()}
    return "__" in column.accessor or bool(getattr(fields.get(str(column.accessor)), "choices", None))
