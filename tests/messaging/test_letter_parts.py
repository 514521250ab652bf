"""A letter in two forms and with files, as mail programs read it."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from messaging.providers.base import Enclosure
from messaging.providers.smtp_letter import LetterPress

PRESS = LetterPress(sender_name="Glow", sender_address="hello@glow.example", id_domain="x.glow.example")
PDF = Enclosure("brief.pdf", "application/pdf", b"%PDF" + bytes(range(256)) * 40)


def letter(**parts: object) -> EmailMessage:
    """What arrives: dots undone, the final one cut off."""
    raw = PRESS.print(
        **{  # type: ignore[arg-type]
            "to": "zoe@example.com", "name": "Zoe", "subject": "Hi", "body": "Hi Zoe", "our_id": "b1-1",
            "second": 0, "eight_bit": True, **parts,
        }
    )  # fmt: skip
    assert raw.endswith(b"\r\n.\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    return message_from_bytes(raw.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."), policy=policy.default)


def test_html_stands_beside_the_plain_text() -> None:
    found = letter(html="<p>Hi <b>Zoé</b></p>")
    assert found.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    assert found.get_body(("plain",)).get_content().strip() == "Hi Zoe"  # type: ignore[union-attr]
    assert found.get_body(("html",)).get_content().strip() == "<p>Hi <b>Zoé</b></p>"  # type: ignore[union-attr]


def test_files_go_along_with_name_type_and_every_byte() -> None:
    found = letter(html="<p>Hi</p>", enclosures=(PDF, PDF))
    assert found.get_content_type() == "multipart/mixed"
    files = list(found.iter_attachments())
    assert [file.get_filename() for file in files] == ["brief.pdf", "brief.pdf"]
    assert files[0].get_content_type() == "application/pdf"
    assert files[0].get_content() == PDF.content
    assert found.get_body(("html",)) is not None


@pytest.mark.parametrize(
    "name",
    [
        "Übersicht für Zoé.pdf",
        "a" * 150 + ".pdf",
        "bad\r\nBcc: all@example.com.pdf",
        '"quoted".pdf',
        "..",
        "",
    ],
)
def test_no_name_of_a_file_breaks_the_letter(name: str) -> None:
    found = letter(enclosures=(Enclosure(name, "application/pdf", b"x"),))
    assert "Bcc" not in found
    (file,) = found.iter_attachments()
    assert file.get_content() == b"x"
    if name.startswith(("Ü", "a")):
        assert file.get_filename() == name


def test_a_type_that_is_none_becomes_just_a_file() -> None:
    (file,) = letter(enclosures=(Enclosure("x", "text/html\r\nX: y", b"x"),)).iter_attachments()
    assert file.get_content_type() == "application/octet-stream"


def test_dots_and_long_lines_in_html_survive() -> None:
    html = "<p>\n.dot\n..dots\n" + "x" * 5_000 + "</p>\n."
    arrived = letter(html=html).get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert arrived.replace("\r\n", "\n").strip() == html


def test_a_plain_letter_stays_plain() -> None:
    assert letter().get_content_type() == "text/plain"
    assert "List-Unsubscribe" not in letter()
