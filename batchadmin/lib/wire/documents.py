"""What a document may hold, whatever it was written in."""

from __future__ import annotations

import codecs
import math
import re
from typing import Any

from django.utils.translation import gettext as _

Value = Any  # None, bool, int, float, str, list[Value] or dict[str, Value]
Document = dict[str, Value]

DEEPEST = 50  # levels of objects and lists inside each other
LONGEST_NUMBER = 40  # characters of a number as it is written
ASCII_OR_UTF8 = {"utf-8", "ascii"}

# What neither PostgreSQL nor UTF-8 can keep: NUL, and halves of surrogate pairs.
UNFIT = re.compile("[\x00\ud800-\udfff]")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class WireError(ValueError):
    """A text that is no document; the words say why."""


def text_read(body: bytes, charset: str) -> str:
    """The body as text; raises WireError unless it is UTF-8 and says so, or says nothing."""
    check_charset(charset or "utf-8")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = _("The body is not UTF-8: byte %(place)s can't be read.")
        raise WireError(words % {"place": f"{error.start:,}"}) from None


def check_charset(charset: str) -> None:
    """Raise WireError for a character set that isn't read here."""
    try:
        known = codecs.lookup(charset).name
    except (LookupError, ValueError):
        known = ""
    if known not in ASCII_OR_UTF8:
        raise WireError(_("The character set must be UTF-8."))


def number_read(written: str) -> int | float:
    """The number that is written; raises WireError for one that is too long, too large or none."""
    if len(written) > LONGEST_NUMBER:
        raise WireError(_("A number has more than %(most)s characters.") % {"most": LONGEST_NUMBER})
    if not NUMBER.fullmatch(written):
        raise WireError(_("“%(written)s” is not a number.") % {"written": written})
    if written.lstrip("-").isdigit():
        return int(written)
    number = float(written)
    if not math.isfinite(number):
        raise WireError(_("A number is too large."))
    return number


def document_check(value: Value) -> Document:
    """The value, if it is an object that can be kept; raises WireError for what is too deep or holds unfit text."""
    if not isinstance(value, dict):
        raise WireError(_("The document must be an object."))
    waiting: list[tuple[Value, int]] = [(value, 1)]
    while waiting:
        found, depth = waiting.pop()
        if isinstance(found, str):
            check_text(found)
        elif isinstance(found, dict):
            for name in found:
                check_text(name)
            waiting.extend((part, depth + 1) for part in found.values())
        elif isinstance(found, list):
            waiting.extend((part, depth + 1) for part in found)
        if depth > DEEPEST and isinstance(found, dict | list):
            raise too_deep()
    return value


def check_text(text: str) -> None:
    """Raise WireError for a text that can't be kept."""
    if not text.isascii() or "\x00" in text:
        found = UNFIT.search(text)
        if found:
            words = _("A text holds the character U+%(code)s, which can't be kept.")
            raise WireError(words % {"code": f"{ord(found[0]):04X}"})


def too_deep() -> WireError:
    """The complaint about a document that is nested too deeply."""
    return WireError(_("The document is nested deeper than %(most)s levels.") % {"most": DEEPEST})
