"""Workbooks of which no more is read than is asked for, and whose texts, to which cells refer by number, are kept on disk.

A workbook may hold more text than memory; and to see its first rows, nobody should have to read all of it, as openpyxl does.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator
from typing import IO, Any, cast

from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

ITEM, RUN, TEXT = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "r", "t"))


class SharedStrings:
    """A list that is read from a part of the workbook on demand. Raises IndexError for a number that there isn't."""

    def __init__(self, part: IO[bytes]) -> None:
        self._texts = _texts(part)
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed with the book)
        self._ends = array("Q", [0])

    def __getitem__(self, number: int) -> str:
        while number >= len(self._ends) - 1:
            text = next(self._texts, None)
            if text is None:
                raise IndexError(number)
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


class Reader(ExcelReader):
    """openpyxl's reader, which reads neither all texts nor all sheets before the first row."""

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
    events = iterparse(part, events=("start", "end"))
    _start, root = next(events)
    for event, node in events:
        if event == "end" and node.tag == ITEM:
            yield _text(node)
            root.clear()


def _text(item: Any) -> str:
    """The item's text, or that of its runs; how something is pronounced is left out."""
    parts = [node if node.tag == TEXT else node.find(TEXT) for node in item if node.tag in (TEXT, RUN)]
    return "".join(part.text or "" for part in parts if part is not None)
