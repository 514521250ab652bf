"""JSON from other systems, read strictly: what one reader takes for this and another for that is refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, NoReturn

from django.utils.translation import gettext as _

DEEPEST = 50
MOST_CONTAINERS = 500_000
MOST_VALUES = 2_000_000
EXACT = 2**53  # below this every whole number is a float of its own
LONGEST_NUMBER = 40  # characters; beyond that no reader keeps it exactly
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_STEPS = bytes.maketrans(b"[]{}", b"\x01\x00\x01\x00")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class BadJson(ValueError):
    """A text that isn't the JSON we take; `str()` says why."""


def json_read(raw: bytes, charset: str = "utf-8", *, whole: bool = False) -> Any:
    """The value that `raw` stands for. With `whole` 8.0 is the integer 8, as it is in a JSON Schema.

    Raises BadJson for another charset than UTF-8, malformed JSON, duplicate keys, NaN and Infinity, numbers too long
    to keep, nesting over 50 levels, NUL characters, halves of surrogate pairs, and texts of millions of values.
    """
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise BadJson(_("The body must be UTF-8; its Content-Type names another charset."))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson(_("The body isn't valid UTF-8.")) from None
    if text.count("[") + text.count("{") > MOST_CONTAINERS or text.count(",") > MOST_VALUES:
        raise BadJson(_("The body has too many values. Send it in parts."))
    value = _parsed(text, _whole if whole else _float)
    if _depth(text) > DEEPEST:
        raise BadJson(_("The body is nested more than {deepest} levels deep.").format(deepest=DEEPEST))
    if _SUSPECT.search(text):
        _check_texts(value)
    return value


def _parsed(text: str, number: Callable[[str], float]) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_constant,
            parse_float=number,
            parse_int=_int,
        )
    except BadJson:
        raise
    except RecursionError:
        raise BadJson(
            _("The body is nested more than {deepest} levels deep.").format(deepest=DEEPEST)
        ) from None
    except json.JSONDecodeError as error:
        raise BadJson(
            _("The body isn't JSON: line {line}, column {column}.").format(
                line=error.lineno, column=error.colno
            )
        ) from None


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _times = Counter(key for key, _value in pairs).most_common(1)[0]
        raise BadJson(_("The key “{key}” stands twice in one object.").format(key=_printable(twice)))
    return found


def _constant(name: str) -> NoReturn:
    raise BadJson(_("{name} isn't a number that JSON knows.").format(name=name))


def _float(digits: str) -> float:
    number = float(digits)
    if len(digits) > LONGEST_NUMBER or number in (float("inf"), float("-inf")):
        raise BadJson(_("A number is too long to be kept."))
    return number


def _whole(digits: str) -> float:
    number = _float(digits)
    return int(number) if number.is_integer() and abs(number) < EXACT else number


def _int(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise BadJson(_("A number is too long to be kept."))
    return int(digits)


def _depth(text: str) -> int:
    """How deep brackets are nested in a text that is known to be JSON."""
    brackets = _STRING.sub("", text).encode("ascii", "replace").translate(_STEPS, _NOT_BRACKETS)
    return max(accumulate(1 if step else -1 for step in brackets), default=0)


def _check_texts(value: Any) -> None:
    """Raise BadJson for a NUL or half a surrogate pair in any text of a value that isn't nested too deep."""
    if isinstance(value, str):
        if "\x00" in value or _printable(value) != value:
            raise BadJson(_("A text has a NUL character or half a surrogate pair, which no text can hold."))
    elif isinstance(value, dict):
        for key, below in value.items():
            _check_texts(key)
            _check_texts(below)
    elif isinstance(value, list):
        for below in value:
            _check_texts(below)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
