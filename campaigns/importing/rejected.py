"""The rejected rows of an import as a file: the columns as they came, and why; to be mended and uploaded again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from campaigns.importing.columns import REJECTED_BECAUSE
from campaigns.importing.dry_run import decisions_of
from campaigns.importing.files import import_table
from campaigns.models import Import
from campaigns.states import ImportState


def rejected_header(imported: Import) -> list[str]:
    """The headings of the file of rejected rows."""
    return [*imported.source.get("headers", []), REJECTED_BECAUSE]


def rejected_rows(imported: Import) -> Iterator[list[str]]:
    """Each rejected row with its values as they came. Before the start: those that would be."""
    reasons = (
        _reasons_written(imported) if imported.state == ImportState.STARTED else _reasons_expected(imported)
    )
    with import_table(imported) as table:
        width = len(table.headers)
        for row in table.rows():
            reason = reasons.get(row.line)
            if reason is not None:
                values = (row.values + [""] * width)[:width]
                yield [*values, reason]


def _reasons_written(imported: Import) -> dict[int, str]:
    lists = imported.bulks.values_list("errors", flat=True)
    return {int(error["line"]): _words(error) for errors in lists for error in errors}


def _reasons_expected(imported: Import) -> dict[int, str]:
    with import_table(imported) as table:
        return {
            one.member.line: _words(one.problem.as_dict())
            for one in decisions_of(imported, table)
            if one.problem
        }


def _words(error: dict[str, Any]) -> str:
    column = error.get("column")
    return f"{column}: {error['reason']}" if column else str(error["reason"])
