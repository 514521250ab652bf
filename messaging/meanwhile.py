"""What somebody else has saved while a form was open: kept where one didn't touch it, told where both changed the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model, QuerySet


@dataclass(frozen=True, slots=True)
class Theirs:
    """A field that both have changed: its label, and what it says by now."""

    label: str
    text: str


def marks_of(values: Mapping[str, Any]) -> str:
    """What a form remembers of the values that it showed."""
    return json.dumps({name: mark_of(value) for name, value in values.items()}, separators=(",", ":"))


def marks_read(text: str) -> dict[str, str]:
    """What a form has remembered; nothing if somebody meddled with it."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return {name: str(mark) for name, mark in found.items()} if isinstance(found, dict) else {}


def mark_of(value: object) -> str:
    """Short, and the same for values that are saved as the same."""
    return hashlib.blake2b(written(value).encode("utf-8", "replace"), digest_size=6).hexdigest()


def written(value: object) -> str:
    """A field's value as a text, whether a form or a row says it."""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, QuerySet | list | tuple):
        return ",".join(sorted(written(one) for one in value))
    if isinstance(value, date):
        return value.isoformat()
    if value is None or value is False or value == 0:
        return ""
    return str(value).replace("\r\n", "\n").strip()


def shown(value: object) -> str:
    """The same for people."""
    if isinstance(value, QuerySet | list | tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def merge(
    mine: dict[str, Any], theirs: Mapping[str, Any], seen: Mapping[str, str], names: Iterable[str]
) -> list[str]:
    """Put into `mine` what others have changed since `seen` and oneself hasn't; returns the names that both have changed."""
    both: list[str] = []
    for name in names:
        now = mark_of(theirs.get(name))
        if name not in seen or now in (seen[name], mark_of(mine.get(name))):
            continue
        if mark_of(mine.get(name)) == seen[name]:
            mine[name] = theirs.get(name)
        else:
            both.append(name)
    return both
