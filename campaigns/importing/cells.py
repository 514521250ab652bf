"""What each column of a file makes of its cells. What can be worked out once a column is, and not once a cell.

Most columns have the same few values again and again (a country, a size, a first name), so each remembers some of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from batchadmin.lib.addresses import email_clean, msisdn_clean
from campaigns.handles import handle_clean
from campaigns.importing.columns import IGNORE
from campaigns.importing.values import cell_clean, number_read

LONGEST = {"external_id": 100, "first_name": 150, "last_name": 150, "tag": 60, "attribute": 2_000}
REMEMBERED = 200  # different texts of one column, the first ones
SHORT = 40  # characters of a text that is remembered: a wide file with long texts is not to fill the memory
_NEW = object()


@dataclass(slots=True, frozen=True)
class Column:
    """A column that is imported: where it stands, what the file calls it, and where its values go."""

    position: int
    header: str
    name: str
    within: str  # handles or attributes, in which `name` is the key; empty for a field of its own
    clean: Callable[[str], Any]
    known: dict[str, Any] = field(default_factory=dict)

    def read(self, text: str) -> Any:
        """The value of a cell, None where it's absent. Raises ValidationError."""
        value = self.known.get(text, _NEW)
        if value is _NEW:
            plain = cell_clean(text)
            value = self.clean(plain) if plain else None
            if len(self.known) < REMEMBERED and len(text) <= SHORT:
                self.known[text] = value
        return value

    def put(self, values: dict[str, Any], value: Any) -> None:
        """Write a value that is present where it belongs."""
        if self.within:
            values.setdefault(self.within, {})[self.name] = value
        elif self.name == "name":
            values.setdefault("first_name", value[0])
            values.setdefault("last_name", value[1])
        else:
            values[self.name] = value


def columns_read(headers: Sequence[str], mapping: Mapping[str, str]) -> list[Column]:
    """The columns that a mapping takes, in the file's order."""
    return [
        _column(position, header, mapping[header])
        for position, header in enumerate(headers)
        if mapping[header] != IGNORE
    ]


def short(kind: str, value: str) -> str:
    """The value. Raises ValidationError where it's longer than this kind may be."""
    if len(value) > LONGEST[kind]:
        raise ValidationError(_("At most {most:,} characters.").format(most=LONGEST[kind]), code="too_long")
    return value


def _column(position: int, header: str, target: str) -> Column:
    kind, _colon, key = target.partition(":")
    if kind in _WITHIN:
        within, clean = _WITHIN[kind]
        return Column(position, header, key, within, clean)
    return Column(position, header, kind, "", _CLEAN.get(kind) or (lambda value: short(kind, value)))


def _name(value: str) -> tuple[str, str]:
    first, _blank, last = value.partition(" ")
    return short("first_name", first), short("last_name", last.strip())


def _tags(value: str) -> list[str]:
    tags = [tag.strip() for tag in re.split(r"[,;|]", value) if tag.strip()]
    return list(dict.fromkeys(short("tag", tag) for tag in tags))


def _attribute(value: str) -> str:
    return short("attribute", value)


def _number(value: str) -> int | float | str:
    """A text among numbers stays a text: nothing of a file is lost."""
    number = number_read(value)
    return _attribute(value) if number is None else number


_CLEAN: dict[str, Callable[[str], Any]] = {
    "email": email_clean,
    "msisdn": msisdn_clean,
    "name": _name,
    "tags": _tags,
}
_WITHIN: dict[str, tuple[str, Callable[[str], Any]]] = {
    "handle": ("handles", handle_clean),
    "number": ("attributes", _number),
    "attribute": ("attributes", _attribute),
}
