"""Times as people read them, in the time zone that is being shown, with the exact one on hover.

A list says a hundred of them, so words that have been put together once in a language are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any

from django.contrib.humanize.templatetags.humanize import NaturalTimeFormatter
from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.safestring import SafeString

from batchadmin.lib.languages import language

MOST_KEPT = 10_000
MINUTE = 60
# Up to here the words depend on nothing but whole minutes; months are counted by the calendar.
SAME_WORDS = 28 * 24 * 60 * MINUTE


class _Kept:
    """Words with a place for a number, such as "%(num)d days", filled in once for each number and language."""

    def __init__(self, words: Any) -> None:
        self.words = words
        self.filled: dict[tuple[object, ...], str] = {}

    def __mod__(self, values: Mapping[str, object]) -> str:
        key = (language(), *values.values())
        if key not in self.filled:
            if len(self.filled) >= MOST_KEPT:
                self.filled.clear()
            self.filled[key] = str(self.words % values)
        return self.filled[key]

    def __str__(self) -> str:
        return str(self.words)


class Relative(NaturalTimeFormatter):
    """Django's words, kept."""

    time_strings: Any = {name: _Kept(words) for name, words in NaturalTimeFormatter.time_strings.items()}
    past_substrings: Any = {
        name: _Kept(words) for name, words in NaturalTimeFormatter.past_substrings.items()
    }
    future_substrings: Any = {
        name: _Kept(words) for name, words in NaturalTimeFormatter.future_substrings.items()
    }


def relative_time(moment: datetime) -> SafeString:
    """The time as "3 minutes ago", in HTML."""
    past = (timezone.now() - moment).total_seconds()
    is_kept = MINUTE <= past < SAME_WORDS
    words = _ago(int(past) // MINUTE, language()) if is_kept else str(Relative.string_for(moment))
    return _time_element(timezone.localtime(moment), words)


@lru_cache(maxsize=MOST_KEPT)
def _ago(minutes: int, _language: str) -> str:
    """So many whole minutes ago, in words: those of the middle of the minute, however long they take to find."""
    return str(Relative.string_for(timezone.now() - timedelta(minutes=minutes, seconds=MINUTE / 2)))


def exact_time(moment: datetime) -> SafeString:
    """The time as "14:01:09" for today, "3 May 2026, 14:01:09" before and after, in HTML."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localtime().date()
    return _time_element(local, local.isoformat()[11:19] if is_today else _to_the_second(local))


def planned_time(moment: datetime) -> SafeString:
    """A time that somebody has set, as `exact_time` says it, with seconds only if they set some: "3 May 2026, 14:00"."""
    told = exact_time(moment)
    return told if moment.second else SafeString(told.replace(":00</time>", "</time>"))


def _to_the_second(local: datetime) -> str:
    """The time as "3 May 2026, 14:01:09"."""
    return f"{local.day} {_month(local.month, language())} {local.year}, {local.isoformat()[11:19]}"


@lru_cache
def _month(number: int, _language: str) -> str:
    return str(MONTHS_3[number]).title()


def _time_element(local: datetime, shown: str) -> SafeString:
    on_hover = escape(f"{_to_the_second(local)} {local.tzname()}")
    return SafeString(f'<time datetime="{local.isoformat()}" title="{on_hover}">{escape(shown)}</time>')
