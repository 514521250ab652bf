"""What Django says of a value that is too large, small or long, in our words: short, and with numbers as everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
)
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .templatetags.ui import amount

Numbers = Mapping[str, Any]


class Worded:
    """A message of a check that is put into words when its numbers are known, in the language of whoever reads it."""

    def __init__(self, words: Callable[[Numbers], str]) -> None:
        self._words = words

    def __mod__(self, numbers: Numbers) -> str:
        return self._words(numbers)


def at_most(numbers: Numbers) -> str:
    """At most 10,000."""
    return _("At most %(limit)s.") % {"limit": limit_of(numbers)}


def at_least(numbers: Numbers) -> str:
    """At least 1."""
    return _("At least %(limit)s.") % {"limit": limit_of(numbers)}


def longest(numbers: Numbers) -> str:
    """At most 120 characters; these are 134."""
    words = ngettext(
        "At most %(limit)s character; these are %(count)s.",
        "At most %(limit)s characters; these are %(count)s.",
        int(numbers["limit_value"]),
    )
    return words % {"limit": limit_of(numbers), "count": amount(numbers["show_value"])}


def shortest(numbers: Numbers) -> str:
    """At least 3 characters; these are 2."""
    words = ngettext(
        "At least %(limit)s character; these are %(count)s.",
        "At least %(limit)s characters; these are %(count)s.",
        int(numbers["limit_value"]),
    )
    return words % {"limit": limit_of(numbers), "count": amount(numbers["show_value"])}


def limit_of(numbers: Numbers) -> str:
    """The limit, a whole number with its thousands apart."""
    limit = numbers["limit_value"]
    return amount(limit) if isinstance(limit, int) else str(limit)


WORDS = {
    MaxValueValidator: at_most,
    MinValueValidator: at_least,
    MaxLengthValidator: longest,
    MinLengthValidator: shortest,
}


def words_set() -> None:
    """From now on, every form and every model says it so."""
    for check, words in WORDS.items():
        check.message = Worded(words)  # type: ignore[assignment]
