"""The texts of a workbook, to which its cells refer by number: read no further than is asked for, and kept on disk.

A workbook may hold more text than memory; and to see its first rows, nobody should have to read all of it.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator
from typing import Any, BinaryIO

from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

ITEM, RUN, TEXT = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "r", "t"))


class SharedStrings:
    """A list that is read from a part of the workbook on demand. Raises IndexError for a number that there isn't."""

    def __init__(self, part: BinaryIO) -> None:
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


class Reader(ExcelReader):
    """openpyxl's reader, which doesn't read all texts before the first row."""

    def read_strings(self) -> None:
        """Called by `read`, between the manifest and the sheets."""
        listed: Any = self.package.find(SHARED_STRINGS)
        if listed is not None:
            self.shared_strings = SharedStrings(self.archive.open(listed.PartName[1:]))


def _texts(part: BinaryIO) -> Iterator[str]:
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
