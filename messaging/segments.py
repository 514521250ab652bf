"""How many SMS a text is: GSM-7 where its characters allow it, UCS-2 otherwise; long texts go in several parts."""

from __future__ import annotations

from dataclasses import dataclass

# GSM 03.38. A character of the extension counts as two: an escape and itself.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
# Places in one SMS, and in each part of several (the rest says which part it is).
GSM_ONE, GSM_PART = 160, 153
UCS_ONE, UCS_PART = 70, 67


@dataclass(frozen=True, slots=True)
class Segments:
    """A text as SMS: `places` that it takes, in how many `parts`, and what makes it dear, if anything does."""

    encoding: str  # "GSM-7" or "UCS-2"
    places: int
    parts: int
    dear: str = ""  # the first character that GSM-7 doesn't have


def segments_of(text: str) -> Segments:
    """What the text comes to as SMS."""
    dear = next((char for char in text if char not in BASIC and char not in EXTENSION), "")
    if dear:
        widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
        return Segments("UCS-2", sum(widths), parts_of(widths, UCS_ONE, UCS_PART), dear)
    widths = [2 if char in EXTENSION else 1 for char in text]
    return Segments("GSM-7", sum(widths), parts_of(widths, GSM_ONE, GSM_PART))


def parts_of(widths: list[int], one: int, part: int) -> int:
    """How many parts characters of these widths fill; none is ever split between two."""
    if sum(widths) <= one:
        return 1 if widths else 0
    parts, filled = 1, 0
    for width in widths:
        if filled + width > part:
            parts, filled = parts + 1, 0
        filled += width
    return parts
