"""Reading CSV: any delimiter, quoted line breaks, ragged rows; each row with the line it begins at."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import BinaryIO

from django.utils.translation import gettext as _

from batchadmin.lib.csvfiles.encoding import encoding_of
from batchadmin.lib.csvfiles.rows import Facts, FileProblem, Row

DELIMITERS = (",", ";", "\t", "|")
SNIFFED_LINES = 60
LONGEST_LINE = 1 << 20  # characters


class _Lines:
    """The lines of a text, remembering those of the record that is being read."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self.record: list[str] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if not line:
            self.ended = True
            raise StopIteration
        self.record.append(line)
        return line


def csv_rows(file: BinaryIO, facts: Facts) -> Generator[Row]:
    """All rows of the file, headings included; notes encoding and delimiter. Raises FileProblem where it's broken."""
    codec, facts.encoding = encoding_of(file)
    # A byte that the guess has no character for shows as one, in one cell; the rest of the file is still good.
    text = io.TextIOWrapper(file, encoding=codec, errors="replace", newline="")
    try:
        facts.delimiter = _delimiter(text)
        yield from _records(_Lines(text), facts.delimiter)
    finally:
        with suppress(ValueError):  # where nobody read on, the file may have been closed before this
            text.detach()


def _records(lines: _Lines, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    while True:
        start, lines.record = reader.line_num + 1, []
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileProblem(
                _("Line {line}: the file can't be read on from here ({why}). Is it a CSV file?").format(
                    line=start, why=error
                )
            ) from None
        if lines.ended and _unclosed(lines.record, delimiter):
            raise FileProblem(
                _(
                    "Line {line}: a quotation mark opens there and is never closed. Close or remove it."
                ).format(line=start)
            )
        yield Row(start, values)


def _unclosed(record: list[str], delimiter: str) -> bool:
    """Whether the record ends inside quotation marks: then it has swallowed all lines to the end of the file."""
    try:
        list(csv.reader(record, delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _delimiter(text: io.TextIOBase) -> str:
    """The delimiter that cuts the first lines into the most columns, the same number in each."""
    lines = [line for _number in range(SNIFFED_LINES) if (line := text.readline(LONGEST_LINE))]
    text.seek(0)
    return max(DELIMITERS, key=lambda delimiter: _fit(lines, delimiter))


def _fit(lines: list[str], delimiter: str) -> tuple[float, int]:
    """How well a delimiter fits: the share of rows as wide as the headings, then the width. One column is no fit."""
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if any(row)]
    except csv.Error:
        return 0.0, 0
    if not rows or len(rows[0]) < 2:
        return 0.0, 0
    width = len(rows[0])
    return sum(len(row) == width for row in rows) / len(rows), width
