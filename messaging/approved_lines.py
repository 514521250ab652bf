"""How people write down what varies of an approved message: one variable a line, one button a line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from .providers.offers import Offer
from .rendering import TemplateFault
from .variables import KNOWN

KEYED = re.compile(r"(\w+) =(?: (.*))?\Z", re.ASCII)
BUTTON = re.compile(r"([1-9]|10) (url|code|reply) (.+)\Z")
BLANK = "…"  # where something is to be written
APPROVED_FIELDS = (
    "approved_name", "approved_language", "approved_header_type", "approved_header", "approved_parameters",
    "approved_buttons",
)  # fmt: skip
KINDS = {"url": "url", "code": "copy_code", "reply": "quick_reply"}
WORDS = {kind: word for word, kind in KINDS.items()}


def lines_read(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The variables' names and texts. Lines may begin with "name = " or "1 = ", all of them or none; numbers are no names."""
    keyed = [KEYED.match(line) for line in lines]
    if not lines or not all(keyed):
        return [], list(lines)
    names = [found[1] for found in keyed if found]
    texts = [(found[2] or "").strip() for found in keyed if found]
    for name, text in zip(names, texts, strict=True):
        if not text:
            raise TemplateFault(_("“%(name)s” is empty.") % {"name": name}, "approved_parameters")
    if names == [str(number) for number in range(1, len(names) + 1)]:
        return [], texts
    if any(name.isdecimal() for name in names) or len(set(names)) != len(names):
        raise TemplateFault(_("Number the variables from 1, or name each once."), "approved_parameters")
    return names, texts


def button_read(given: Any) -> dict[str, Any]:
    """A button as it is kept: {"index" from 0, "type", "value"}."""
    if isinstance(given, Mapping):
        return {"index": int(given["index"]), "type": str(given["type"]), "value": str(given["value"])}
    found = BUTTON.match(str(given).strip())
    if found is None:
        words = _("“%(line)s”: write the button's number, then url, code or reply, then the text.")
        raise TemplateFault(words % {"line": str(given)[:80]}, "approved_buttons")
    if found[3].strip() == BLANK:
        words = _("Button %(number)s is empty.")
        raise TemplateFault(words % {"number": found[1]}, "approved_buttons")
    return {"index": int(found[1]) - 1, "type": KINDS[found[2]], "value": found[3].strip()}


def parameters_write(approved: Mapping[str, Any]) -> str:
    """Kept variables as lines."""
    names = approved.get("names")
    lines = approved.get("parameters") or ()
    return (
        "\n".join(f"{name} = {text}" for name, text in zip(names, lines, strict=True))
        if names
        else "\n".join(lines)
    )


def buttons_write(approved: Mapping[str, Any]) -> str:
    """Kept buttons as lines."""
    return "\n".join(
        f"{one['index'] + 1} {WORDS[one['type']]} {one['value']}" for one in approved.get("buttons") or ()
    )


def fields_of(approved: Mapping[str, Any]) -> dict[str, str]:
    """A kept message as the fields of a form have it."""
    header = approved.get("header") or {}
    return {
        "approved_name": approved.get("name", ""),
        "approved_language": approved.get("language", "en"),
        "approved_header_type": header.get("type", ""),
        "approved_header": header.get("value", ""),
        "approved_parameters": parameters_write(approved),
        "approved_buttons": buttons_write(approved),
    }


def fields_to_fill(offer: Offer) -> dict[str, str]:
    """The fields of a form for a message that was just picked: what it wants, and ours where the name is the same."""
    known = KNOWN["influencer"]
    lines = [
        f"{name} = {{{{ influencer.{name} }}}}" if name in known else f"{name} =" for name in offer.variables
    ]
    wanting = [f"{button.index + 1} {WORDS[button.wants]} {BLANK}" for button in offer.wanting]
    return {
        "approved_name": offer.name,
        "approved_language": offer.language,
        "approved_header_type": offer.header_wants,
        "approved_header": "",
        "approved_parameters": "\n".join(lines),
        "approved_buttons": "\n".join(wanting),
    }
