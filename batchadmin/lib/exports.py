"""Lists as files of any size in constant memory: CSV streams row by row, XLSX goes by a temporary file."""

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.text import get_valid_filename

from .later import later

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = later("openpyxl")

Row = Sequence[Any]

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX_ROWS_PER_SHEET = 1_048_576
# What begins a formula, also as East Asian keyboards write it.
_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
# Some programs pass over spaces, ends of lines and signs that nobody sees; a workbook can't even hold all of them.
_UNSEEN = "\\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
FORMULA = re.compile(f"[{_UNSEEN}]*[{_STARTS}]|[\t\r\n]")
# Where lists are parted by semicolons, a CSV file is opened so, and what stands behind one begins a cell.
# So does what stands behind quotation marks there: two of them are one that opens and one that closes.
LATER_FORMULA = re.compile(f'([;\t\r\n])(?=[{_UNSEEN}"]*[{_STARTS}])')
FORBIDDEN_IN_XLSX = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
BYTE_ORDER_MARK = "\ufeff"
LINES_PER_PIECE = 500


class _Line:
    """A file for csv.writer that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def cell_safe(value: Any) -> Any:
    """The value as a spreadsheet may hold it: text that would run as a formula gets a ' in front."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    return f"'{text}" if FORMULA.match(text) else text


def csv_safe(value: Any) -> Any:
    """`cell_safe`, also for a program that parts the file's lines by semicolons or tabs, whatever is in quotation marks."""
    safe = cell_safe(value)
    return LATER_FORMULA.sub(r"\1'", safe) if isinstance(safe, str) else safe


def csv_pieces(header: Row, rows: Iterable[Row]) -> Iterator[str]:
    """The file's text in pieces of some hundred lines. A byte order mark tells Excel that it is UTF-8."""
    writer = csv.writer(_Line())
    lines = [BYTE_ORDER_MARK + writer.writerow([csv_safe(value) for value in header])]
    for row in rows:
        lines.append(writer.writerow([csv_safe(value) for value in row]))
        if len(lines) >= LINES_PER_PIECE:
            yield "".join(lines)
            lines = []
    yield "".join(lines)


def csv_response(name: str, header: Row, rows: Iterable[Row]) -> StreamingHttpResponse:
    """A download called `name`.csv that is sent while `rows` is being read, with times as they are shown now."""
    pieces = _made_in(timezone.get_current_timezone(), csv_pieces(header, rows))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(name)}.csv"'
    return response


def _made_in(zone: tzinfo, pieces: Iterator[str]) -> Iterator[str]:
    """The pieces, made in this time zone: they are asked for when the view, which knew the program's, is over."""
    while True:
        with timezone.override(zone):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def xlsx_response(name: str, header: Row, rows: Iterable[Row]) -> FileResponse:
    """A download called `name`.xlsx; past Excel's limit of rows a sheet, it goes on in the next sheet."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([_xlsx_cell(value) for value in header])
    for number, row in enumerate(rows, start=1):
        if number % (XLSX_ROWS_PER_SHEET - 1) == 0:
            sheet = book.create_sheet()
            sheet.append([_xlsx_cell(value) for value in header])
        sheet.append([_xlsx_cell(value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 (FileResponse closes it)
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{_file_name(name)}.xlsx", content_type=XLSX_TYPE)


def export_response(kind: str, name: str, header: Row, rows: Iterable[Row]) -> HttpResponseBase:
    """The list as `kind`, "csv" or "xlsx"; raises ValueError for any other kind."""
    if kind == "csv":
        return csv_response(name, header, rows)
    if kind == "xlsx":
        return xlsx_response(name, header, rows)
    raise ValueError(f"An export is csv or xlsx, not {kind!r}.")


def _moment(value: datetime) -> str:
    """A time that people and programs can read, in the time zone that is being shown."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.isoformat(sep=" ", timespec="seconds")


def _xlsx_cell(value: Any) -> Any:
    safe = cell_safe(value)
    return FORBIDDEN_IN_XLSX.sub("", safe) if isinstance(safe, str) else safe


def _file_name(name: str) -> str:
    """A name without folders, quotes or line ends, in ASCII, as every browser and header takes it."""
    plain = name.encode("ascii", "ignore").decode().strip()
    return get_valid_filename(plain) if re.search(r"[A-Za-z0-9]", plain) else "export"
