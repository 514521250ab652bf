"""Finding out what characters the bytes of a file stand for."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, BinaryIO

from batchadmin.lib.later import later

if TYPE_CHECKING:
    import charset_normalizer
else:
    charset_normalizer = later("charset_normalizer")

PIECE = 1 << 20
SAMPLE = 1 << 16
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 (BOM)"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# What spreadsheets still write. Others are guessed only when these can't be: a wrong guess garbles names.
# What spreadsheets in Europe write, the likeliest first.
SPREADSHEETS = (("cp1252", "Windows-1252"), ("cp1250", "Windows-1250"))
# Wrongly read, letters turn into signs, or into capitals after small letters: "£ukasz", "JŸrgen".
SIGN_IN_WORD = re.compile(
    r"[A-Za-z][\u0080-\u009f¡-¬®-³µ¶¸¹¼-¿×÷ˇ˘˛˙˝]|[\u0080-\u009f¡-¬®-³µ¶¸¹¼-¿×÷ˇ˘˛˙˝][A-Za-z]|[a-z][ŠŒŽŸ]"
)
LIKELY = [
    "cp1252",
    "cp1250",
    "cp1251",
    "mac_roman",
    "iso8859_15",
    "shift_jis",
    "gb18030",
    "big5",
    "cp1253",
    "cp1254",
]


def encoding_of(file: BinaryIO) -> tuple[str, str]:
    """The encoding as Python calls it and as people do; the file is left at its beginning.

    A byte order mark decides; else it is UTF-8 if the whole file is; else the likeliest by its words.
    """
    start = file.read(4)
    file.seek(0)
    for mark, codec, name in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return codec, name
    offset = _first_not_utf8(file)
    if offset is None:
        file.seek(0)
        return "utf-8", "UTF-8"
    file.seek(max(0, offset - SAMPLE // 4))
    sample = file.read(SAMPLE)
    file.seek(0)
    return _guess(sample)


def _first_not_utf8(file: BinaryIO) -> int | None:
    """Where, roughly, the file stops being UTF-8; None if it never does."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    while True:
        piece = file.read(PIECE)
        try:
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            return offset + error.start
        if not piece:
            return None
        offset += len(piece)


def _guess(sample: bytes) -> tuple[str, str]:
    for codec, name in SPREADSHEETS:
        if _reads_well(sample.decode(codec, errors="replace")):
            return codec, name
    best = charset_normalizer.from_bytes(sample, cp_isolation=LIKELY).best()
    return (best.encoding, best.encoding.replace("_", "-").upper()) if best else SPREADSHEETS[0]


def _reads_well(text: str) -> bool:
    """Whether the text looks like European names: accented letters in words that are mostly plain ones.

    Statistics need more text than a list of names has, and would rather see Chinese than one "Jürgen".
    """
    if "\ufffd" in text or SIGN_IN_WORD.search(text):
        return False
    words = [word for word in re.split(r"[\W\d_]+", text) if word and not word.isascii()]
    odd = sum(1 for word in words for char in word if not char.isascii())
    return bool(words) and odd * 2 <= sum(len(word) for word in words)
