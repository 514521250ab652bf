"""Lists as CSV and XLSX."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from openpyxl import load_workbook

from batchadmin.lib.exports import cell_safe, csv_pieces, csv_response, export_response, xlsx_response

HEADER = ["Name", "Value"]


def csv_rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def sheet_rows(response: FileResponse) -> list[tuple[object, ...]]:
    file = io.BytesIO(b"".join(response.streaming_content))  # type: ignore[arg-type]
    return list(load_workbook(file).active.iter_rows(values_only=True))  # type: ignore[union-attr]


def test_csv_holds_header_and_rows() -> None:
    text = "".join(csv_pieces(HEADER, [['Zoë, "Z"', 3], ["line\nend", None]]))
    assert csv_rows(text) == [HEADER, ['Zoë, "Z"', "3"], ["line\nend", ""]]


def test_excel_is_told_that_it_is_utf_8() -> None:
    assert "".join(csv_pieces(HEADER, [])).startswith("\ufeff")


@pytest.mark.parametrize(
    "text", ["=1+1", "+49151", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", " =1+1", "\uff1d1+1", "\uff20SUM(A1)"]
)
def test_no_text_runs_as_a_formula(text: str) -> None:
    assert csv_rows("".join(csv_pieces(HEADER, [[text, 1]])))[1][0] == "'" + text.replace("\r", "\r")


@pytest.mark.parametrize("text", ["=1+1", "+49151", "-1", "@SUM(A1)"])
def test_no_text_runs_as_a_formula_in_excel_either(text: str) -> None:
    assert sheet_rows(xlsx_response("x", HEADER, [[text, 1]]))[1] == ("'" + text, 1)


@pytest.mark.parametrize(
    "unseen", ["\x01", "\x0b", "\x85", "\xa0", "\xad", "\u200b", "\u202e", "\u3000", "\ufeff"]
)
def test_signs_that_nobody_sees_hide_no_formula(unseen: str) -> None:
    text = f"{unseen}=1+1"
    assert cell_safe(text) == f"'{text}"
    (shown, _number) = sheet_rows(xlsx_response("x", HEADER, [[text, 1]]))[1]
    assert str(shown).startswith("'")


@pytest.mark.parametrize(
    ("text", "written"),
    [("a;=1+1;b", "a;'=1+1;b"), ("a\n=1+1", "a\n'=1+1"), ("=1;\t@x", "'=1;'\t'@x"), ("a; b\nc", "a; b\nc")],
)
def test_nothing_runs_where_lines_are_parted_by_semicolons(text: str, written: str) -> None:
    assert csv_rows("".join(csv_pieces(HEADER, [[text, 1]])))[1] == [written, "1"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("first", [True, False], ids=["in the first column", "in a later one"])
def test_no_cell_begins_a_formula_in_a_program_that_parts_by_something_else(
    delimiter: str, first: bool
) -> None:
    text = 'Hi\n=1+1;+2\t@x\n-3;"=4'
    row = [text, 1] if first else [1, text]
    lines = "".join(csv_pieces(HEADER, [row])).removeprefix("\ufeff")
    cells = [cell for found in csv.reader(io.StringIO(lines), delimiter=delimiter) for cell in found]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("text", ["Zoe", "a=1", "12:30", "\u2212 5", "'=1+1", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert cell_safe(text) == text


def test_numbers_stay_numbers() -> None:
    assert sheet_rows(xlsx_response("x", HEADER, [["a", -5]]))[1] == ("a", -5)


def test_characters_that_excel_forbids_are_left_out() -> None:
    assert sheet_rows(xlsx_response("x", HEADER, [["a\x00b\x0bc", 1]]))[1] == ("abc", 1)


def test_times_are_in_the_time_zone_that_is_shown() -> None:
    with timezone.override("Europe/Berlin"):
        text = "".join(csv_pieces(HEADER, [["x", datetime(2026, 5, 3, 12, tzinfo=UTC)]]))
    assert csv_rows(text)[1][1] == "2026-05-03 14:00:00+02:00"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_is_sent_after_its_page_keeps_the_time_zone(kind: str) -> None:
    with timezone.override("Europe/Berlin"):
        response: Any = export_response(kind, "x", HEADER, [["x", datetime(2026, 5, 3, 12, tzinfo=UTC)]])
    found = csv_rows(b"".join(response).decode()) if kind == "csv" else sheet_rows(response)
    assert found[1][1] == "2026-05-03 14:00:00+02:00"
    assert timezone.get_current_timezone_name() == "UTC"  # nothing of it stays with whoever comes next


def test_csv_of_any_size_needs_little_memory() -> None:
    def rows() -> Iterator[list[object]]:
        for number in range(200_000):
            yield [f"Person {number}", number]

    tracemalloc.start()
    size = sum(len(piece) for piece in csv_pieces(HEADER, rows()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 3_000_000
    assert peak < 1_000_000


def test_csv_begins_before_the_rows_have_ended() -> None:
    read = []

    def rows() -> Iterator[list[object]]:
        for number in range(100_000):
            read.append(number)
            yield [number, number]

    next(csv_pieces(HEADER, rows()))
    assert len(read) < 1_000


def test_the_file_has_a_harmless_name() -> None:
    response = csv_response('May "news"\r\nSet-Cookie: x/../', HEADER, [])
    name = response["Content-Disposition"]
    assert name.startswith('attachment; filename="')
    assert not set(name.split('"')[1]) & set('\r\n/"')


def test_a_name_without_letters_becomes_export() -> None:
    assert 'filename="export.csv"' in csv_response("✨", HEADER, [])["Content-Disposition"]


def test_the_kind_is_asked_for_by_word() -> None:
    assert isinstance(export_response("csv", "x", HEADER, []), StreamingHttpResponse)
    assert isinstance(export_response("xlsx", "x", HEADER, []), FileResponse)
    with pytest.raises(ValueError, match="pdf"):
        export_response("pdf", "x", HEADER, [])
