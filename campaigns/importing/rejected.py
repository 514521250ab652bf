"""The rejected rows of an import as a file: the columns as they came, and why; to be mended and uploaded again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from batchadmin.lib.csvfiles import Row, Table
from campaigns.importing.columns import REJECTED_BECAUSE
from campaigns.importing.dry_run import decisions_of
from campaigns.importing.files import import_table
from campaigns.models import Import


def rejected_header(imported: Import) -> list[str]:
    """The headings of the file of rejected rows."""
    return [*imported.source.get("headers", []), REJECTED_BECAUSE]


def rejected_rows(imported: Import) -> Iterator[list[str]]:
    """Each rejected row with its values as they came. Before the start: those that would be.

    Neither the rows nor the reasons are held in memory: the file is read once more, beside what was said of it.
    """
    with import_table(imported) as table:
        width = len(table.headers)
        for row, error in _judged(imported, table):
            if error is not None:
                values = (row.values + [""] * width)[:width]
                yield [*values, _words(error)]


def _judged(imported: Import, table: Table) -> Iterator[tuple[Row, Mapping[str, Any] | None]]:
    if imported.started_at is not None:
        yield from _judged_written(imported, table)
        return
    with import_table(imported) as again:
        for row, decision in zip(table.rows(), decisions_of(imported, again), strict=True):
            yield row, decision.problem.as_dict() if decision.problem else None


def _judged_written(imported: Import, table: Table) -> Iterator[tuple[Row, Mapping[str, Any] | None]]:
    """The errors of a bulk are fetched when its first one's line has come, and forgotten line by line."""
    firsts = imported.bulks.exclude(errors=[]).values_list("errors__0__line", "pk")
    waiting = deque(sorted(firsts))
    errors: dict[int, Mapping[str, Any]] = {}
    for row in table.rows():
        while waiting and int(waiting[0][0]) <= row.line:
            _line, pk = waiting.popleft()
            found = imported.bulks.values_list("errors", flat=True).get(pk=pk)
            errors.update({int(error["line"]): error for error in found})
        yield row, errors.pop(row.line, None)


def _words(error: Mapping[str, Any]) -> str:
    column = error.get("column")
    return f"{column}: {error['reason']}" if column else str(error["reason"])
