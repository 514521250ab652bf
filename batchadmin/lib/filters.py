"""The base of what a list can be narrowed down by; all of it stands in the address."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, FilterSet


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
