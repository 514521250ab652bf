"""Reading the first filled sheet of an XLSX file, row by row."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Generator, Iterator
from datetime import date, datetime
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils.exceptions import InvalidFileException

from batchadmin.lib.csvfiles.lazy_books import Reader, SharedStrings
from batchadmin.lib.csvfiles.rows import Facts, FileProblem, Row

_BROKEN = gettext_lazy("The file can't be read as a workbook. Save it again as XLSX or CSV.")
# What is raised for broken parts, and for good ones: TypeError for a value that openpyxl has no place for, RuntimeError for
# a part that is encrypted, or packed in a way that Python doesn't know.
UNREADABLE = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    LookupError,
    EOFError,
    zlib.error,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
)
LARGEST = 1 << 30  # bytes when unpacked: a small file can be packed to fill any memory


def xlsx_rows(file: BinaryIO, facts: Facts) -> Generator[Row]:
    """All rows of the first sheet that has any, headings included; notes the sheet. Raises FileProblem."""
    reader = _open(file)
    try:
        for sheet in reader.wb.worksheets:
            rows = _rows(sheet)
            first = next(rows, None)
            if first is not None:
                facts.sheet = sheet.title
                yield first
                yield from rows
                return
    except FileProblem:
        raise
    except UNREADABLE as error:
        raise FileProblem(_BROKEN) from error
    finally:
        reader.wb.close()
        if isinstance(reader.shared_strings, SharedStrings):
            reader.shared_strings.close()


def _open(file: BinaryIO) -> Any:
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > LARGEST:
            raise FileProblem(_("The workbook is too large. Save it as CSV and upload that."))
        file.seek(0)
        reader = Reader(file, read_only=True, data_only=True)
        reader.read()
        return reader
    except (*UNREADABLE, OSError) as error:
        if isinstance(error, FileProblem):
            raise
        if isinstance(error.__cause__, FileProblem):  # openpyxl put words of its own around it
            raise error.__cause__ from None
        raise FileProblem(_BROKEN) from error


def _rows(sheet: Any) -> Iterator[Row]:
    line = 0
    for number, cells in sheet.texts():
        if number <= line:
            raise FileProblem(_BROKEN)
        for missing in range(line + 1, number):
            yield Row(missing, [])
        values = [_text(cell) for cell in cells]
        while values and not values[-1]:
            values.pop()  # formatted but empty cells at the end
        yield Row(number, values)
        line = number


def _text(cell: Any) -> str:
    """A cell as it would stand in a CSV file: 4915112345.0 is a number somebody typed without a point."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()
    return str(cell)
