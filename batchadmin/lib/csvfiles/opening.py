"""Opening a file as a table, or saying what it is instead."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from io import SEEK_END
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batchadmin.lib.csvfiles.delimited import csv_rows
from batchadmin.lib.csvfiles.rows import Facts, FileProblem, Row, headers_clean, without_blanks
from batchadmin.lib.later import later

if TYPE_CHECKING:
    from batchadmin.lib.csvfiles import workbooks
else:
    workbooks = later("batchadmin.lib.csvfiles.workbooks")

MOST_COLUMNS = 500
ZIP = b"PK\x03\x04"
UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
OTHER_FILES = (
    (b"\x89PNG", gettext_lazy("a PNG picture")),
    (b"\xff\xd8\xff", gettext_lazy("a JPEG picture")),
    (b"GIF8", gettext_lazy("a GIF picture")),
    (b"%PDF", gettext_lazy("a PDF document")),
    (b"\xd0\xcf\x11\xe0", gettext_lazy("an old Excel or Office file")),
    (b"\x1f\x8b", gettext_lazy("a packed file (gzip)")),
    (b"<!DOCTYPE", gettext_lazy("a web page")),
    (b"<html", gettext_lazy("a web page")),
    (b"{\\rtf", gettext_lazy("a text document (RTF)")),
)


@dataclass(slots=True)
class Table:
    """A table that has been opened: its columns, what was found out, and its rows, which can be read once."""

    headers: list[str]
    facts: Facts
    _first: Row
    _rest: Generator[Row]
    _file: BinaryIO

    def close(self) -> None:
        """Let go of the file, which stays open."""
        self._rest.close()

    def percent(self) -> int | None:
        """How much of the file has been read, cut to whole per cent; None for a workbook, which isn't read from end to end."""
        if self.facts.kind != "csv":
            return None
        at = self._file.tell()
        size = self._file.seek(0, SEEK_END)
        self._file.seek(at)
        return 100 * at // size if size else 100

    def rows(self) -> Iterator[Row]:
        """The rows below the headings that have a value. Raises FileProblem where the file is broken."""
        return chain([self._first], without_blanks(self._rest, self.facts))


def table_open(file: BinaryIO, *, name: str) -> Table:
    """Open a CSV or XLSX file by what is in it, whatever it is called.

    Raises FileProblem for an empty file, one without headings or rows, and one that is something else.
    """
    read, kind = _reader(file, name)
    facts = Facts(kind)
    rows = read(file, facts)
    first = next(without_blanks(rows, facts), None)
    if first is None:
        raise FileProblem(_("“{name}” is empty.").format(name=name))
    headers = headers_clean(first.values)
    if len(headers) > MOST_COLUMNS:
        raise FileProblem(_("“{name}” has more than {most} columns.").format(name=name, most=MOST_COLUMNS))
    second = next(without_blanks(rows, facts), None)
    if second is None:
        raise FileProblem(
            _(
                "“{name}” has only one line. The first line names the columns; the influencers stand below it."
            ).format(name=name)
        )
    return Table(headers, facts, second, rows, file)


def _reader(file: BinaryIO, name: str) -> tuple[Callable[[BinaryIO, Facts], Generator[Row]], str]:
    file.seek(0)
    start = file.read(4096)
    file.seek(0)
    if not start:
        raise FileProblem(_("“{name}” is empty.").format(name=name))
    if start.startswith(ZIP):
        return workbooks.xlsx_rows, "xlsx"
    for mark, what in OTHER_FILES:
        if start.lstrip().lower().startswith(mark.lower()):
            raise FileProblem(
                _("“{name}” isn't a CSV or XLSX file: it is {what}. Save the list as CSV or XLSX.").format(
                    name=name, what=what
                )
            )
    if b"\x00" in start and not start.startswith(UTF16_OR_32):
        raise FileProblem(
            _("“{name}” isn't a CSV or XLSX file. Save the list as CSV or XLSX.").format(name=name)
        )
    return csv_rows, "csv"
