"""Single values as files have them: what counts as absent, and which texts are numbers."""

from __future__ import annotations

import re
from decimal import Decimal

ABSENT = frozenset({"", "nan", "null", "none", "n/a", "#n/a", "-", "–", "—"})
LONGEST_ABSENT = max(map(len, ABSENT))
FACTORS = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
LONGEST_NUMBER = 15  # digits that a number in JSON keeps exactly
# A comma before one or two digits is a decimal one, as in 3,3k; before three it parts thousands. 1.234 may be German
# for 1234, but is read as it stands. 0123 and 0151 23 are codes or phone numbers, not numbers.
_NUMBER = re.compile(
    r"^(-?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?|-?(?:0|[1-9][0-9]*),[0-9]{1,2})\s?([kmb]?)$",
    re.IGNORECASE,
)
_AS_TEXT = re.compile(r"(^|[;\t\r\n]\s*)'(?=[\s\"]*[=+\-@])")
_DECIMAL_COMMA = re.compile(r",(?=[0-9]{1,2}$)")


def cell_clean(text: str) -> str:
    """The value without blanks around it and without NUL, which no database text can hold; "" when it's absent.

    The ' that spreadsheets want in front of +49 or @zoe is no part of it. Our own files have it there, and behind semicolons.
    """
    value = (text.replace("\x00", "") if "\x00" in text else text).strip()
    if "'" in value:
        value = _AS_TEXT.sub(r"\1", value)
    return "" if len(value) <= LONGEST_ABSENT and value.casefold() in ABSENT else value


def number_read(text: str) -> int | float | None:
    """The number that `3`, `3.5`, `1,200`, `3.3k`, `475.8m` or `29.0b` stand for; None if it is no number."""
    found = _NUMBER.match(text)
    if not found or (len(text) > LONGEST_NUMBER and sum(map(str.isdigit, text)) > LONGEST_NUMBER):
        return None
    number = (
        Decimal(_DECIMAL_COMMA.sub(".", found.group(1)).replace(",", "")) * FACTORS[found.group(2).lower()]
    )
    return int(number) if number == number.to_integral_value() else float(number)
