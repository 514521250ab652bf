"""What a document may hold, whatever it was written in."""

from __future__ import annotations

import codecs
import math
import re
from typing import Any

from django.utils.translation import gettext as _

from batchadmin.lib.strict_json import DEEPEST, LONGEST_NUMBER

Value = Any  # None, bool, int, float, str, list[Value] or dict[str, Value]
Document = dict[str, Value]

ASCII_OR_UTF8 = {"utf-8", "ascii"}

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


def object_of(value: Value) -> Document:
    """The value, if it is an object; raises WireError otherwise."""
    if not isinstance(value, dict):
        raise WireError(_("The document must be an object."))
    return value


def too_deep() -> WireError:
    """The complaint about a document that is nested too deeply."""
    return WireError(_("The document is nested deeper than %(most)s levels.") % {"most": DEEPEST})
