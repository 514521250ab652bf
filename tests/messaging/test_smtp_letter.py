"""A letter is valid mail, whatever it is about and whoever it is to."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.providers.smtp_letter import LetterPress, address_wire

PRESS = LetterPress(
    sender_name="Glöw & Co", sender_address="hello@glow.example", id_domain="mark.glow.example"
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def printed(**fields: Any) -> bytes:
    letter = {
        "to": "bea@example.com",
        "name": "Bea",
        "subject": "Box",
        "body": "Hi",
        "our_id": "b1-2",
        "second": 0,
    }
    return PRESS.print(**{**letter, "eight_bit": True, **fields})


def received(content: bytes) -> EmailMessage:
    """The letter as a server has it that undoes what the final dot and doubled dots are for."""
    assert content.endswith(b"\r\n.\r\n")
    lines = content[: -len(b".\r\n")].split(b"\r\n")
    whole = b"\r\n".join(line[1:] if line.startswith(b"..") else line for line in lines)
    message = message_from_bytes(whole, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("eight_bit", [True, False])
@given(subject=texts, name=texts, text=texts)
def test_subject_name_and_text_arrive_as_they_were_written(
    eight_bit: bool, subject: str, name: str, text: str
) -> None:
    content = printed(subject=subject, name=name, body=text, eight_bit=eight_bit)
    message = received(content)
    assert message["From"].addresses[0].display_name == "Glöw & Co"
    assert [one.addr_spec for one in message["To"].addresses] == ["bea@example.com"]
    assert set(message.keys()) == {
        "From", "To", "Subject", "Message-ID", "Date", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    }  # fmt: skip
    plain = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    content_bytes = message.get_payload(decode=True)
    assert isinstance(content_bytes, bytes)
    assert content_bytes.decode().replace("\r\n", "\n").rstrip("\n") == plain.rstrip("\n")


@given(text=texts, repeat=st.integers(1, 30))
def test_no_line_is_longer_than_mail_allows(text: str, repeat: int) -> None:
    for eight_bit in (True, False):
        content = printed(subject=text * repeat, name=text, body=text * repeat, eight_bit=eight_bit)
        assert max(len(line) for line in content.split(b"\r\n")) <= 998


@given(text=texts)
def test_a_server_without_8bitmime_gets_seven_bits_only(text: str) -> None:
    assert printed(subject=text, name=text, body=text, eight_bit=False).isascii()


@pytest.mark.parametrize(
    "smuggled", ["Box\r\nBcc: eve@example.com", "Box\nBcc: eve@example.com", "Box\x00\x0bBcc: x"]
)
def test_a_line_break_in_a_name_or_subject_makes_no_header(smuggled: str) -> None:
    message = received(printed(subject=smuggled, name=smuggled))
    assert message["Bcc"] is None
    assert "Bcc" in str(message["Subject"])


def test_a_line_with_a_single_dot_ends_nothing() -> None:
    content = printed(body="one\n.\ntwo\n..three")
    assert content.count(b"\r\n.\r\n") == 1
    assert received(content).get_payload(decode=True) == b"one\r\n.\r\ntwo\r\n..three\r\n"


def test_a_message_id_belongs_to_the_item_and_never_changes() -> None:
    assert received(printed(our_id="b7-9"))["Message-ID"] == "<b7-9@mark.glow.example>"


@pytest.mark.parametrize(
    "address",
    [
        "bea@example.com\r\nRCPT TO:<eve@example.com>", "bea@example.com>", "bea <b@example.com>", "bea", "@example.com",
        "bea@", "bea@exa mple.com", "", "béa@example.com", "a" * 300 + "@example.com",
    ],
)  # fmt: skip
def test_what_is_no_address_gets_no_mail(address: str) -> None:
    assert address_wire(address) is None


def test_a_domain_with_umlauts_is_written_as_mail_wants_it() -> None:
    assert address_wire("bea@bücher.example") == "bea@xn--bcher-kva.example"
