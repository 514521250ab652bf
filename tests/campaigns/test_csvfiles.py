"""Files as people have them: encodings, delimiters, quotation marks, and things that are no tables at all."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.xml.constants import SHEET_MAIN_NS as MAIN

from batchadmin.lib.csvfiles import FileProblem, Table, table_open
from batchadmin.lib.csvfiles.lazy_books import Reader, SharedStrings


def opened(content: bytes | str, encoding: str = "utf-8") -> Table:
    raw = content if isinstance(content, bytes) else content.encode(encoding)
    return table_open(io.BytesIO(raw), name="may.csv")


def rows(content: bytes | str, encoding: str = "utf-8") -> list[list[str]]:
    return [row.values for row in opened(content, encoding).rows()]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(mark: str) -> None:
    assert rows(f"name{mark}email\nZoe{mark}zoe@x.de\n") == [["Zoe", "zoe@x.de"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    text = "name;city\n" + "Zoë Müller;Köln\nJürgen Groß;Düsseldorf\nRené Café;Orléans\n" * 3
    assert rows(text, encoding)[0] == ["Zoë Müller", "Köln"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("имя;город\nАнна Петрова;Москва\nИван Смирнов;Санкт-Петербург\n" * 5, "cp1251"),
        ("名前;都市\n田中太郎;東京\n鈴木花子;大阪\n" * 8, "shift_jis"),
        (
            "imię;miasto\nŁukasz Żółć;Łódź\nKatarzyna Dąbrowska;Kraków\nZbigniew Wójcik;Wrocław\n" * 5,
            "cp1250",
        ),
    ],
)
def test_other_scripts_and_languages_are_recognised(text: str, encoding: str) -> None:
    assert rows(text, encoding)[0] == text.splitlines()[1].split(";")


def test_umlauts_late_in_a_long_file_are_seen() -> None:
    text = "name;city\n" + "Bea;Bonn\n" * 100_000 + "Jürgen Müller;Köln\n"
    assert rows(text, "cp1252")[-1] == ["Jürgen Müller", "Köln"]


def test_a_single_column_is_a_table() -> None:
    assert rows("email\nzoe@x.de\n") == [["zoe@x.de"]]


def test_a_line_break_in_quotation_marks_belongs_to_the_value_and_lines_are_still_right() -> None:
    found = list(opened('name,note\nZoe,"one\ntwo"\n\nBea,x\n').rows())
    assert [(row.line, row.values) for row in found] == [(2, ["Zoe", "one\ntwo"]), (5, ["Bea", "x"])]


def test_blank_lines_are_counted_and_left_out() -> None:
    table = opened("\nname,email\n\nZoe,zoe@x.de\n , \n\n")
    assert len(list(table.rows())) == 1
    assert table.facts.blank_lines == 4


def test_columns_without_a_name_or_with_one_twice_get_their_own() -> None:
    assert opened("name,,name\na,b,c\n").headers == ["name", "Column 2", "name (2)"]


def test_a_workbook_is_read_as_text() -> None:
    lines: list[list[Any]] = [
        ["name", "phone", "paid"],
        ["Zoe", 4915112345678.0, True],
        [None, None, None],
        ["Bea", "", False],
    ]
    book = Workbook()
    sheet: Any = book.active
    for values in lines:
        sheet.append(values)
    file = io.BytesIO()
    book.save(file)
    table = table_open(file, name="may.xlsx")
    assert [row.values for row in table.rows()] == [["Zoe", "4915112345678", "true"], ["Bea", "", "false"]]
    assert (table.facts.kind, table.facts.blank_lines) == ("xlsx", 1)


def test_formulas_give_their_values_and_dates_are_written_as_dates() -> None:
    book = Workbook()
    sheet: Any = book.active
    for values in (
        ["name", "age", "born"],
        ["Zoe", 42, date(2001, 2, 3)],
        ["Bea", "=1+1", datetime(2001, 2, 3, 4, 5)],  # noqa: DTZ001 (as spreadsheets know it)
    ):
        sheet.append(values)
    saved, file = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            # A spreadsheet keeps the value beside the formula; one that never calculated it has none.
            part = before.read(name).replace(b"<v>42</v>", b"<f>40+2</f><v>42</v>")
            after.writestr(name, part)
    rows = [row.values for row in table_open(file, name="may.xlsx").rows()]
    assert rows == [["Zoe", "42", "2001-02-03"], ["Bea", "", "2001-02-03T04:05:00"]]


def with_shared_texts(saved: io.BytesIO) -> io.BytesIO:
    """The workbook with its texts in a part of their own, to which cells refer by number, as Excel writes it."""
    texts: list[bytes] = []

    def shared(cell: re.Match[bytes]) -> bytes:
        texts.append(cell[1])
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    file = io.BytesIO()
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(file, "w") as after:
        for name in sorted(before.namelist(), reverse=True):  # the sheets first
            part = re.sub(rb't="inlineStr"><is>(.*?)</is>', shared, before.read(name))
            if name == "[Content_Types].xml":
                kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
                listed = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/></Types>' % kind
                part = part.replace(b"</Types>", listed)
            after.writestr(name, part)
        items = b"".join(b"<si>%s</si>" % text for text in texts)
        after.writestr("xl/sharedStrings.xml", b"<sst xmlns='%s'>%s</sst>" % (MAIN.encode(), items))
    return file


def test_the_texts_of_a_workbook_are_read_no_further_than_its_rows() -> None:
    book = Workbook()
    sheet: Any = book.active
    for number in range(3_000):
        sheet.append([f"name {number}", f"city {number}"])
    saved = io.BytesIO()
    book.save(saved)
    file = with_shared_texts(saved)
    reader = Reader(file, read_only=True)
    reader.read()
    assert next(reader.wb.worksheets[0].iter_rows(values_only=True)) == ("name 0", "city 0")
    assert len(reader.shared_strings._ends) < 100
    reader.shared_strings.close()
    rows = [row.values for row in table_open(file, name="may.xlsx").rows()]
    assert (len(rows), rows[-1]) == (2_999, ["name 2999", "city 2999"])


def test_a_text_in_several_fonts_is_one_text_without_how_it_is_spoken() -> None:
    items = b"<si><r><t>Zo</t></r><r><rPr/><t>e</t></r><rPh><t>zoh</t></rPh></si><si><t/></si>"
    part = b"<sst xmlns='%s'>%s</sst>" % (MAIN.encode(), items)
    texts = SharedStrings(io.BytesIO(part))
    assert (texts[0], texts[1]) == ("Zoe", "")
    with pytest.raises(IndexError):
        texts[2]


def test_three_hundred_columns_are_a_table_and_more_than_any_list_has_are_not() -> None:
    def wide(columns: int) -> str:
        line = ",".join(str(number) for number in range(columns))
        return f"{line}\n{line}\n"

    table = opened(wide(300))
    assert len(table.headers) == len(next(table.rows()).values) == 300
    with pytest.raises(FileProblem, match="more than 500 columns"):
        opened(wide(501))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "is empty"),
        (b"name,email\n", "only one line"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG picture"),
        (b"%PDF-1.7", "a PDF document"),
        (b"<!doctype html><html>", "a web page"),
        (b"MZ\x90\x00\x03\x00", "isn't a CSV or XLSX file"),
        (b"PK\x03\x04 not a workbook", "can't be read as a workbook"),
        (b'name,note\nZoe,"open\nBea,x\nIda,y\n', "Line 2: a quotation mark opens"),
    ],
)
def test_what_is_no_table_is_said_to_be_so(content: bytes, words: str) -> None:
    with pytest.raises(FileProblem, match=words):
        list(opened(content).rows())
