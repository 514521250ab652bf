"""A message as the bytes that go over the wire: headers that nothing can be smuggled into, lines that any server takes."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from urllib.parse import quote

from .base import Enclosure

LONGEST_LINE = 990  # of 998 that RFC 5322 allows
LONGEST_HEADER = 70  # a value up to this stays on one line
NOT_PLAIN = re.compile(r"[^\x20-\x7e]|=\?")
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
QUOTED = re.compile(r'([\\"])')
SPECIALS = re.compile(r'[()<>@,;:\\".\[\]]')
# What may stand in an envelope: no blanks, no angles, nothing that a server could take for a second command.
ADDRESS = re.compile(r"^[!#-'*+/-9=?A-Z^-~.\"-]+@[A-Za-z0-9.\[\]:-]+$")
MEDIA_TYPE = re.compile(r"^[\w.+-]+/[\w.+-]+$", re.ASCII)
BYTES_A_WORD = 42  # 56 characters in base64, with the frame 68


@lru_cache(
    maxsize=4096
)  # more letters than are under way: each address is asked for when its letter is made, announced and sent
def address_wire(address: str) -> str | None:
    """The address in ASCII, its domain in IDNA where need be; None if no mail can be sent to it."""
    local, at, domain = address.strip().rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    whole = f"{local}{at}{domain}"
    return whole if len(whole) <= 254 and ADDRESS.match(whole) else None


def one_line(text: str) -> str:
    """The text without line breaks and other control characters: a header is one line, whatever a name holds."""
    return CONTROL.sub(" ", text).strip()


def header_text(text: str) -> str:
    """Free text, such as a subject, as a header's value."""
    text = one_line(text)
    if len(text) <= LONGEST_HEADER and not NOT_PLAIN.search(text):
        return text
    return encoded_words(text)


def header_mailbox(name: str, address: str) -> str:
    """A name and an address as a header's value."""
    name = one_line(name)
    if not name:
        return address
    if len(name) > LONGEST_HEADER or NOT_PLAIN.search(name):
        return f"{encoded_words(name)}\r\n <{address}>"
    if SPECIALS.search(name):
        name = '"' + QUOTED.sub(r"\\\1", name) + '"'
    return f"{name} <{address}>"


def encoded_words(text: str) -> str:
    """The text as encoded words (RFC 2047), none longer than 75 characters, no character split between two."""
    words: list[str] = []
    piece = b""
    for char in text:
        more = char.encode("utf-8", "replace")
        if len(piece) + len(more) > BYTES_A_WORD:
            words.append(base64.b64encode(piece).decode())
            piece = b""
        piece += more
    words.append(base64.b64encode(piece).decode())
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


@lru_cache(maxsize=2)
def date_header(second: int) -> str:
    """The Date header's value for a second since 1970."""
    return formatdate(second, localtime=False)


class LetterPress:
    """Makes the letters of one broadcast: everything that is the same in all of them is made once."""

    def __init__(self, *, sender_name: str, sender_address: str, id_domain: str) -> None:
        self._id_domain = id_domain
        self._from = f"From: {header_mailbox(sender_name, sender_address)}\r\n"
        self._subjects: dict[str, str] = {}
        self._enclosed: dict[int, tuple[Enclosure, bytes]] = {}
        # Nobody can guess them, so no body can hold them.
        self._inner, self._outer = f"a-{secrets.token_hex(12)}", f"m-{secrets.token_hex(12)}"

    def print(
        self,
        *,
        to: str,
        name: str,
        subject: str,
        body: str,
        our_id: str,
        second: int,
        eight_bit: bool,
        html: str = "",
        enclosures: Sequence[Enclosure] = (),
        unsubscribe: str = "",
    ) -> bytes:
        """The message up to and with the final dot. `second` is the time since 1970 that it is dated.

        With `html` it is offered in both forms; `unsubscribe` is the recipient's own address for opting out (RFC 8058).
        """
        head = (
            f"{self._from}To: {header_mailbox(name, to)}\r\nSubject: {self._subject(subject)}\r\n"
            f"Message-ID: <{our_id}@{self._id_domain}>\r\nDate: {date_header(second)}\r\n"
            f"{unsubscribe_headers(unsubscribe)}MIME-Version: 1.0\r\n"
        )
        content = part_wire("plain", body, eight_bit=eight_bit)
        if html:
            content = multipart_wire(
                "alternative", self._inner, [content, part_wire("html", html, eight_bit=eight_bit)]
            )
        if enclosures:
            content = multipart_wire("mixed", self._outer, [content, *map(self._enclosure, enclosures)])
        return head.encode("ascii") + content + b".\r\n"

    def _enclosure(self, enclosure: Enclosure) -> bytes:
        """A file as a part; the same for every letter, so it is encoded once."""
        found = self._enclosed.get(id(enclosure))
        if found is None:
            found = self._enclosed[id(enclosure)] = enclosure, enclosure_wire(enclosure)
        return found[1]

    def _subject(self, subject: str) -> str:
        """Most broadcasts have one subject for all, so the last ones are remembered."""
        found = self._subjects.get(subject)
        if found is None:
            if len(self._subjects) > 100:
                self._subjects.clear()
            found = self._subjects[subject] = header_text(subject)
        return found


def unsubscribe_headers(url: str) -> str:
    """The two headers that put a button for unsubscribing into the recipient's mail program; nothing without an address."""
    if not url:
        return ""
    return f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def part_wire(subtype: str, text: str, *, eight_bit: bool) -> bytes:
    """A text with the headers that say what it is."""
    content, encoding = body_wire(text, eight_bit=eight_bit)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + content


def multipart_wire(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """Several parts as one."""
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    line = f"--{boundary}\r\n".encode("ascii")
    return head + b"".join(line + part for part in parts) + f"--{boundary}--\r\n".encode("ascii")


def enclosure_wire(enclosure: Enclosure) -> bytes:
    """A file as a part, in base64. A name that isn't plain is written as RFC 2231 has it."""
    name = one_line(enclosure.name).replace('"', "'").replace("\\", "_") or "file"
    given = enclosure.content_type
    media_type = (
        given if MEDIA_TYPE.match(given) and len(given) <= LONGEST_HEADER else "application/octet-stream"
    )
    if len(name) <= LONGEST_HEADER and not NOT_PLAIN.search(name):
        named = f'filename="{name}"'
    else:
        named = f"filename*=utf-8''{quote(name, safe='')}"
    head = (
        f"Content-Type: {media_type}\r\nContent-Disposition: attachment;\r\n {named}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + base64.encodebytes(enclosure.content).replace(b"\n", b"\r\n")


def body_wire(body: str, *, eight_bit: bool) -> tuple[bytes, str]:
    """The body with CRLF line ends and doubled leading dots, and the name of its transfer encoding.

    Lines too long, and characters that the server doesn't take as they are, make it quoted-printable.
    """
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    content = text.encode("utf-8", "replace")
    plain = content.isascii()
    too_long = len(content) > LONGEST_LINE and max(map(len, content.split(b"\n"))) > LONGEST_LINE
    if too_long or not (plain or eight_bit):
        content, encoding = binascii.b2a_qp(content, istext=True), "quoted-printable"
    else:
        encoding = "7bit" if plain else "8bit"
    if not content.endswith(b"\n"):
        content += b"\n"
    content = content.replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
    return (b"." + content if content.startswith(b".") else content), encoding
