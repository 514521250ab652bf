"""Which columns a list of people shows. Its address says so under `columns`, once for each; without, it's the usual ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.text import Truncator
from django_tables2 import Column

from batchadmin.lib.markup import markup
from batchadmin.lib.templatetags.ui import NOT_MEASURED
from campaigns.models import Influencer

PARAMETER = "columns"
NAME = "name"  # it always stays: without it nobody would know whose row it is
ATTRIBUTE = "attribute:"  # stands before the name of an attribute, which may be called as a column is
WITH_A_COLUMN = ("followers", "country")  # attributes that have a column of their own
MOST_ATTRIBUTES, LONGEST_KEY = 20, 100  # more is nothing that anybody reads; an address may have anything
LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Offered:
    """One column that can be chosen, as the menu has it."""

    value: str
    label: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """What an address asks for, without what there isn't; nothing: the usual columns."""

    asked: tuple[str, ...] = ()

    @classmethod
    def from_params(cls, params: QueryDict, columns: Collection[str]) -> ColumnChoice:
        """The choice among these columns and all attributes; names that are neither are passed over."""
        asked = list(dict.fromkeys(params.getlist(PARAMETER)))
        attributes = [one for one in asked if _is_attribute(one)][:MOST_ATTRIBUTES]
        return cls(tuple(one for one in asked if one == NAME or one in columns or one in attributes))

    @property
    def alone(self) -> str:
        """The choice as all that an address asks for, or nothing."""
        return f"?{self._query}" if self.asked else ""

    @property
    def following(self) -> str:
        """The choice as an address goes on with it, or nothing."""
        return f"&{self._query}" if self.asked else ""

    @property
    def _query(self) -> str:
        return urlencode([(PARAMETER, one) for one in self.asked])

    @property
    def attributes(self) -> list[str]:
        """The attributes that are to be shown."""
        return [one.removeprefix(ATTRIBUTE) for one in self.asked if one.startswith(ATTRIBUTE)]

    def shows(self, column: str) -> bool:
        """Whether one of the usual columns is shown."""
        return column in self.asked if self.asked else True


class AttributeColumn(Column):
    """An attribute of a person, who is the record or belongs to it."""

    def __init__(self, key: str) -> None:
        looks = {"td": {"class": "wrap-anywhere"}}
        super().__init__(verbose_name=key, empty_values=(), orderable=False, attrs=looks)  # type: ignore[no-untyped-call]
        self.key = key

    def render(self, record: Any) -> str:
        """The beginning of the value; the person's own page has all of it."""
        text = attribute_text(record, self.key)
        return markup("<bdi>{}</bdi>", Truncator(text).chars(LONGEST_VALUE)) if text else NOT_MEASURED


def attribute_text(record: Any, key: str) -> str:
    """What a person's attribute says, or nothing."""
    value = person_of(record).attributes.get(key)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def person_of(record: Any) -> Influencer:
    """The influencer whose row it is."""
    person: Influencer = record if isinstance(record, Influencer) else record.influencer
    return person


def _is_attribute(name: str) -> bool:
    key = name.removeprefix(ATTRIBUTE)
    return name.startswith(ATTRIBUTE) and 0 < len(key) <= LONGEST_KEY and key not in WITH_A_COLUMN
