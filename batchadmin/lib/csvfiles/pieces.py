"""Parts of a workbook, read a row or a text at a time. What such a piece may hold is bounded, whatever the part says.

A packed file of a few kilobytes can be one text of a gigabyte, a million elements inside of each other, or names for texts that
stand for names again. No spreadsheet program writes any of it; here it ends the reading before it fills the memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from openpyxl.xml.constants import SHEET_MAIN_NS

from batchadmin.lib.csvfiles.rows import FileProblem

LARGEST_PIECE = 4 * 1024 * 1024  # bytes; a cell holds 32,767 letters at most
MOST_ELEMENTS = 100_000  # of a piece; a sheet has 16,384 columns at most

_ITEM, _ROW = f"{{{SHEET_MAIN_NS}}}si", f"{{{SHEET_MAIN_NS}}}row"
_TEXTS, _SHEET = f"{{{SHEET_MAIN_NS}}}sst", f"{{{SHEET_MAIN_NS}}}sheetData"


class _Counted:
    """A part whose bytes are counted from one piece to the next."""

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        read = self._part.read(size)
        self.since += len(read)
        if self.since > LARGEST_PIECE:
            raise too_much()
        return read


def too_much() -> FileProblem:
    """What is said of a workbook that no spreadsheet program has written."""
    return FileProblem(_("The workbook holds something that no list has. Save it as CSV and upload that."))


def texts_of(part: IO[bytes]) -> Iterator[Element]:
    """The items of the part with the texts. Raises FileProblem, and ParseError where it is no XML."""
    return _pieces(part, inside=_TEXTS, name=_ITEM)


def rows_of(part: IO[bytes]) -> Iterator[Element]:
    """The rows of a sheet's part, and nothing behind them. Raises FileProblem, and ParseError where it is no XML."""
    return _pieces(part, inside=_SHEET, name=_ROW)


def _pieces(part: IO[bytes], *, inside: str, name: str) -> Iterator[Element]:
    counted, around, elements = _Counted(part), None, 0
    try:
        for event, element in iterparse(counted, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                elements += 1
                if elements > MOST_ELEMENTS:
                    raise too_much()
                if element.tag == inside:
                    around = element
            elif around is not None and element.tag == name:
                yield element
                around.clear()  # else it would keep an empty element for each
                counted.since = elements = 0
            elif element is around:
                return
    except DefusedXmlException as error:
        raise too_much() from error
