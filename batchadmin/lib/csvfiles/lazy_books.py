"""Workbooks of which no more is read than is asked for, and whose texts, to which cells refer by number, are kept on disk.

A workbook may hold more text than memory; and to see its first rows, nobody should have to read all of it, as openpyxl does.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, BinaryIO, cast
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from batchadmin.lib.csvfiles.pieces import rows_of, texts_of, too_much

RUN, TEXT = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("r", "t"))
LAST_ROW = 1_048_576  # no spreadsheet has more
MOST_TEXTS = 10_000_000  # different ones; where each ends is kept in memory
LARGEST_WHOLE = 16 * 1024 * 1024  # bytes of a part that is read as a whole: styles, the list of sheets


class SharedStrings:
    """A list that is read from a part of the workbook on demand. Raises IndexError for a number that there isn't.

    Raises FileProblem, here or when a text is asked for, for what is no list of texts.
    """

    def __init__(self, part: IO[bytes]) -> None:
        self._texts = _texts(part)
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed with the book)
        self._ends = array("Q", [0])
        with suppress(IndexError):
            self[
                0
            ]  # what stands before all texts should be refused at once, whether a cell asks for them or not

    def __getitem__(self, number: int) -> str:
        while number >= len(self._ends) - 1:
            text = next(self._texts, None)
            if text is None:
                raise IndexError(number)
            if len(self._ends) > MOST_TEXTS:
                raise too_much()
            raw = text.encode("utf-8", "surrogatepass")
            self._file.write(raw)
            self._ends.append(self._ends[-1] + len(raw))
        begin, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - begin, begin).decode("utf-8", "replace")

    def close(self) -> None:
        """Forget the texts."""
        self._file.close()


class _Sheet(ReadOnlyWorksheet):
    """A sheet whose size isn't asked for: where the file doesn't say it, all of the sheet would be read to find out."""

    def _get_size(self) -> None:
        return

    def texts(self) -> Iterator[tuple[int, list[Any]]]:
        """The number of each row, from 1, and its values; rows that are left out in the file are left out here."""
        sheet = cast(Any, self)
        book = sheet.parent
        with sheet._get_source() as source:
            cells = cast(Any, WorkSheetParser)(
                source,
                sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for element in rows_of(source):
                number, row = cells.parse_row(element)
                cells.row_dimensions.clear()
                if number > LAST_ROW:
                    raise too_much()
                yield number, sheet._get_row(row, values_only=True)


class _Archive(ZipFile):
    """The file, of whose parts none that is large is read as a whole."""

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        if self.getinfo(name).file_size > LARGEST_WHOLE:
            raise too_much()
        return super().read(name, pwd)


class Reader(ExcelReader):
    """openpyxl's reader, which reads neither all texts nor all sheets before the first row."""

    def __init__(self, file: BinaryIO, **options: Any) -> None:
        super().__init__(file, **options)
        self.archive = _Archive(file)

    def read_strings(self) -> None:
        """Called by `read`, between the manifest and the sheets."""
        package: Any = self.package
        listed = package.find(SHARED_STRINGS)
        if listed is not None:
            self.shared_strings: Any = SharedStrings(self.archive.open(listed.PartName[1:]))

    def read_worksheets(self) -> None:
        """Called by `read`, after everything that cells refer to."""
        parser, book = self.parser, cast(Any, self.wb)
        for sheet, relation in parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                book._sheets.append(_Sheet(book, sheet.name, relation.target, self.shared_strings))


def _texts(part: IO[bytes]) -> Iterator[str]:
    return map(_text, texts_of(part))


def _text(item: Any) -> str:
    """The item's text, or that of its runs; how something is pronounced is left out."""
    parts = [node if node.tag == TEXT else node.find(TEXT) for node in item if node.tag in (TEXT, RUN)]
    return "".join(part.text or "" for part in parts if part is not None)
