"""The base of what a list can be narrowed down by; all of it stands in the address."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, FilterSet


class DaysFilter:
    """Beside a FilterSet: the days, in the program's time zone, between which a row's `moment_field` lies.

    The fields `since` and `until` are declared where they stand in the form, with these methods.
    """

    moment_field: ClassVar[str]
    data: QueryDict
    filters: dict[str, Any]

    def filter_since(self, rows: QuerySet[Any], _name: str, day: date) -> QuerySet[Any]:
        """Those of that day or later."""
        return rows.filter(**{f"{self.moment_field}__gte": _moment(day, time.min)})

    def filter_until(self, rows: QuerySet[Any], _name: str, day: date) -> QuerySet[Any]:
        """Those of that day or before."""
        return rows.filter(**{f"{self.moment_field}__lte": _moment(day, time.max)})

    @property
    def has_days(self) -> bool:
        """Whether days are asked for: they may lie anywhere in a list that begins with the newest."""
        return bool(self.data.get("since") or self.data.get("until"))

    @property
    def is_active(self) -> bool:
        """Whether anything is filtered at all."""
        return any(self.data.get(name) for name in self.filters)


def _moment(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))


class ListFilter(FilterSet):
    """A search by words, in the fields that a subclass names in `searched`; further filters are declared as usual."""

    searched: ClassVar[tuple[str, ...]] = ()

    q = CharFilter(method="filter_words", label=_("Search by name"))

    def __init__(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        data = request.GET.copy()
        for name in data:  # no text in the database may hold NUL
            data.setlist(name, [value.replace("\x00", "") for value in data.getlist(name)])
        super().__init__(data, queryset=queryset, request=request)  # type: ignore[no-untyped-call]

    def filter_words(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        """Those in which every one of the words stands somewhere."""
        for word in words.split():
            rows = rows.filter(reduce(or_, (Q(**{f"{field}__icontains": word}) for field in self.searched)))
        return rows

    @property
    def is_active(self) -> bool:
        """Whether anything is filtered at all."""
        return any(self.data.get(name) for name in self.filters)
