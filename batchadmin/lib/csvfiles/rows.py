"""What reading a table yields, whatever the file is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass


class FileProblem(ValueError):
    """The file can't be read as a table; `str()` says why and what to do, in plain words."""


@dataclass(slots=True, frozen=True)
class Row:
    """One row: the line (or row of the sheet) it begins at, counted from 1, and its values as text."""

    line: int
    values: list[str]


@dataclass(slots=True)
class Facts:
    """What was found out about a file. `blank_lines` is complete when all rows have been read."""

    kind: str  # "csv" or "xlsx"
    encoding: str = ""  # such as "UTF-8 (BOM)"
    delimiter: str = ""
    sheet: str = ""
    blank_lines: int = 0

    def as_dict(self) -> dict[str, str | int]:
        """The facts in a form that fits JSON."""
        return asdict(self)


def headers_clean(values: Iterable[str]) -> list[str]:
    """A name for each column: as written, numbered where it is empty or written twice."""
    names: list[str] = []
    for number, value in enumerate(values, start=1):
        name = " ".join(value.split()) or f"Column {number}"
        taken = sum(1 for other in names if other == name or other.startswith(f"{name} ("))
        names.append(f"{name} ({taken + 1})" if name in names else name)
    return names


def without_blanks(rows: Iterable[Row], facts: Facts) -> Iterator[Row]:
    """The rows that have a value; the others are counted."""
    for row in rows:
        if any(value.strip() for value in row.values):
            yield row
        else:
            facts.blank_lines += 1
