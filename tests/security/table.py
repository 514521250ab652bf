"""The table of docs/security.md, and every address that the site has, so that one can be held against the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
COLUMNS = ("nobody", "outsider", "viewer", "manager", "owner", "staff", "other")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANY = "any"  # in the table: every method is answered alike
# Django's own, whose every page asks for staff; each stands in the table once.
AS_ONE = ("admin", "django_rq")


@dataclass(frozen=True)
class Address:
    """One address of the site: its name as the table has it, and its pattern."""

    name: str
    route: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the table: who gets which answer to this method at this address."""

    name: str
    method: str
    answers: dict[str, str]


def rows() -> list[Row]:
    """The table's lines, as docs/security.md has them."""
    found = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == len(COLUMNS) + 2:
            found.append(Row(cells[0].strip("`"), cells[1], dict(zip(COLUMNS, cells[2:], strict=True))))
    return found


def addresses() -> dict[str, Address]:
    """Every address of the site by its name; one without a name goes by its pattern."""
    found = {}
    for address in _walk(get_resolver().url_patterns, "", "", ()):
        found[address.name] = address
    return found


def _walk(patterns: list[Any], before: str, space: str, parts: tuple[str, ...]) -> Iterator[Address]:
    for pattern in patterns:
        route, named = before + str(pattern.pattern), parts + tuple(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            name = f"{space}:{pattern.name}" if space else pattern.name or route
            yield Address(name, route, named)
        elif pattern.namespace in AS_ONE:
            yield Address(pattern.namespace, route, ())
        elif isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route, pattern.namespace or space, named)
