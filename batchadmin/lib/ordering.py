"""Orders that PostgreSQL sorts by, and doesn't walk an index for."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import F, Func, Model, QuerySet
from django.db.models.expressions import OrderBy

AnyModel = TypeVar("AnyModel", bound=Model)


def apart(name: str) -> Func:
    """The value of a column, as no index has it.

    Ordered by it, the rows that a condition leaves are found first and then sorted. Ordered by the column itself, the planner may
    walk all rows in their order until it has found enough; and it can't guess how rare the beginning of a word is.
    """
    return Func(F(name), template="GREATEST(%(expressions)s)")


def sorted_apart(rows: QuerySet[AnyModel, Any]) -> QuerySet[AnyModel, Any]:
    """The same rows in the same order, found first and then sorted."""
    first, *rest = rows.query.order_by or (None,)
    if not isinstance(first, str):
        return rows
    name = first.removeprefix("-")
    return rows.order_by(OrderBy(apart(name), descending=name != first), *rest)
