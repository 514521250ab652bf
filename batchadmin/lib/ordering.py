"""Orders that PostgreSQL sorts by, and doesn't walk an index for."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import F, Func, QuerySet
from django.db.models.expressions import OrderBy

AnyRows = TypeVar("AnyRows", bound=QuerySet[Any, Any])
FEW = 1_000


def apart(name: str) -> Func:
    """The value of a column, as no index has it.

    Ordered by it, the rows that a condition leaves are found first and then sorted. Ordered by the column itself, the planner may
    walk all rows in their order until it has found enough; and it can't guess how rare the beginning of a word is.
    """
    return Func(F(name), template="GREATEST(%(expressions)s)")


def sorted_apart(rows: AnyRows) -> AnyRows:
    """The same rows in the same order, found first and then sorted."""
    first, *rest = rows.query.order_by or (None,)
    if not isinstance(first, str):
        return rows
    name = first.removeprefix("-")
    return rows.order_by(OrderBy(apart(name), descending=name != first), *rest)


def few_first(rows: AnyRows) -> AnyRows:
    """The same rows; if they are few, by their keys.

    What is rare is found by one look through everything, or by an index of its own. PostgreSQL, which can't guess how rare a
    value is or where in an order it stands, goes through everything in that order instead, which takes many times as long.
    """
    keys = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return rows.filter(pk__in=keys) if len(keys) <= FEW else rows
