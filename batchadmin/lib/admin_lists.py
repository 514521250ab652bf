"""Lists of the admin over tables of any size."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AllValuesFieldListFilter
from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than people page: COUNT(*) over a big table would take longer than the page."""

    @cached_property
    def count(self) -> int:
        """How many there are, at most MOST_COUNTED."""
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_COUNTED].count())


class RecentValues(AllValuesFieldListFilter):
    """A filter by the values that the newest rows have: to find all values, each page would read the whole table."""

    def __init__(
        self, field: Any, request: Any, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        rows = model._default_manager
        newest = rows.order_by("-pk").values("pk")[:MOST_COUNTED]
        found = rows.filter(pk__in=newest).order_by(field_path).values_list(field_path, flat=True).distinct()
        self.lookup_choices = found  # read when the page is made
