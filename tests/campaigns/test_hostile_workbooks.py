"""Workbooks that are made to fill the memory: refused in words, at the upload or at the row where it begins."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook
from openpyxl.xml.constants import SHEET_MAIN_NS as MAIN

from batchadmin.accounts.models import Membership
from batchadmin.lib.csvfiles import FileProblem, table_open
from campaigns.models import Import
from campaigns.services import import_check_request, import_prepare, import_upload
from tests.campaigns.test_imports_by_workers import serve

WORDS = "holds something that no list has"
SHEET, TEXTS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
PLENTY = 300  # rows; more than are looked at when a file comes
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
Spoil = Callable[[bytes], bytes]


def workbook(part: str, spoil: Spoil) -> bytes:
    """300 rows of addresses; the last one's name is the first shared text, and one part is spoilt."""
    cells = '<c t="inlineStr"><is><t>{0}</t></is></c>'
    lines = [cells.format(f"p{number}@x.de") for number in range(PLENTY)]
    lines[0] = cells.format("Email") + cells.format("First name")
    lines[-1] += '<c t="s"><v>0</v></c>'
    rows = "".join(f"<row>{line}</row>" for line in lines)
    parts = {
        SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode(),
        TEXTS: f'<sst xmlns="{MAIN}"><si><t>Zoe</t></si></sst>'.encode(),
    }
    listed = '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
    listed += 'officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    saved, file = io.BytesIO(), io.BytesIO()
    Workbook().save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name not in parts:
                parts[name] = before.read(name).replace(b"</Types>", listed.encode())
        for name, content in parts.items():
            after.writestr(name, spoil(content) if name == part else content)
    return file.getvalue()


def put(before: bytes, what: bytes) -> Spoil:
    """Spoils a part by putting something before the last place where it says `before`."""
    return lambda part: what.join(_halves(part, before))


def _halves(part: bytes, at: bytes) -> tuple[bytes, bytes]:
    place = part.rindex(at)
    return part[:place], part[place:]


SPOILT: dict[str, tuple[str, Spoil]] = {
    "names for texts, in the texts": (TEXTS, put(b"<sst", ENTITIES)),
    "names for texts, in the sheet": (SHEET, put(b"<worksheet", ENTITIES)),
    "a text without end": (TEXTS, put(b"Zoe", b"A" * 5_000_000)),
    "a cell without end": (SHEET, put(b"</t>", b"A" * 5_000_000)),
    "elements inside of each other": (TEXTS, put(b"<t>", b"<r>" * 110_000)),
    "a row without end": (SHEET, put(b"</row>", b"<c/>" * 110_000)),
    "an attribute without end": (SHEET, put(b't="s"', b'x="' + b"A" * 5_000_000 + b'" ')),
    "a row far below the last that there can be": (SHEET, put(b"</sheetData>", b'<row r="99999999999"/>')),
    "styles that fill the memory": (STYLES, lambda _part: b" " * 17_000_000),
}


def opened(raw: bytes) -> list[list[str]]:
    return [row.values for row in table_open(io.BytesIO(raw), name="may.xlsx").rows()]


def test_the_same_workbook_unspoilt_is_read() -> None:
    assert opened(workbook("", bytes))[-1] == [f"p{PLENTY - 1}@x.de", "Zoe"]


@pytest.mark.parametrize("how", SPOILT)
def test_nothing_that_is_made_to_fill_the_memory_is_read(how: str) -> None:
    with pytest.raises(FileProblem, match=WORDS):
        opened(workbook(*SPOILT[how]))


def test_rows_that_go_back_are_not_read() -> None:
    with pytest.raises(FileProblem, match="can't be read as a workbook"):
        opened(workbook(SHEET, put(b"</sheetData>", b'<row r="7"/>')))


def marked(raw: bytes, *, in_list: int, in_head: int, mark: int) -> bytes:
    """The workbook, of each of whose parts something is said in two places: at its head, and in the list at the end."""
    parts = bytearray(raw)
    for kind, offset in ((b"PK\x01\x02", in_list), (b"PK\x03\x04", in_head)):
        place = raw.find(kind)
        while place >= 0:
            parts[place + offset] = mark
            place = raw.find(kind, place + 4)
    return bytes(parts)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(workbook(STYLES, put(b"</fills>", b"<fill/>")), id="a value that is none"),
        pytest.param(
            workbook(STYLES, lambda part: part.replace(b'<sz val="', b'<sz val="x')), id="no number"
        ),
        pytest.param(marked(workbook("", bytes), in_list=8, in_head=6, mark=1), id="encrypted"),
        pytest.param(marked(workbook("", bytes), in_list=10, in_head=8, mark=9), id="packed as Deflate64"),
    ],
)
def test_what_cannot_be_made_out_is_said_in_words(raw: bytes) -> None:
    with pytest.raises(FileProblem, match="can't be read as a workbook"):
        opened(raw)


@pytest.mark.django_db
@pytest.mark.parametrize("part", [TEXTS, SHEET])
def test_names_for_texts_are_refused_at_the_upload_whether_a_cell_asks_for_them_or_not(
    part: str, manager: Membership, browser: Client
) -> None:
    raw = workbook(part, put(b"<sst" if part == TEXTS else b"<worksheet", ENTITIES))
    file = SimpleUploadedFile("may.xlsx", raw)
    answer = browser.post(reverse("import-new", args=[manager.program.slug]), {"file": file})
    assert answer.status_code == 422
    assert WORDS in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_what_stands_far_below_ends_the_check_in_words(manager: Membership, browser: Client) -> None:
    raw = workbook(*SPOILT["a cell without end"])
    imported = import_upload(program=manager.program, by=manager.user, file=io.BytesIO(raw), name="may.xlsx")
    import_prepare(imported=imported)
    import_check_request(imported=imported)
    serve(imported)
    page = browser.get(reverse("import-check", args=[manager.program.slug, imported.pk]))
    assert WORDS in page.content.decode()
    assert imported.check_result == {}
