"""Counts of what belongs to a row, each asked for by itself."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery


class CountOf(Subquery):
    """How many rows a query has that names its row by `OuterRef`.

    A count over a join puts all rows of both tables together before it groups them. This one reads an index, if there is one.
    """

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        super().__init__(rows.order_by())
