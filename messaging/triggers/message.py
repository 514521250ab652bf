"""What the message of a trigger may say, and from where it has its values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy

from batchadmin.accounts.models import Program
from messaging.rendering import CompiledMessage, message_compile
from messaging.trying import message_try
from messaging.variables import KNOWN, Known, Values
from messaging.variables import OFFERED as EVERYWHERE

API_CONTENT = "apicontent"
NOT_THERE = ("campaign", "stage", "participant")  # a trigger belongs to no campaign
# What stands below `apicontent` is whatever a launch sends.
TRIGGER_KNOWN: Known = {
    **{name: group for name, group in KNOWN.items() if name not in ("campaign", "stage", "participant")},
    API_CONTENT: {},
}
_OF_A_LAUNCH = (
    "influencer.first_name",
    "influencer.last_name",
    "influencer.name",
    "influencer.email",
    "influencer.phone",
    "influencer.attributes.size",
    "program.name",
    "sender.name",
)
OFFERED: Mapping[str, str | Promise] = {
    f"{API_CONTENT}.order_number": _lazy("What the launch sends under this name; any other likewise"),
    **{name: words for name, words in EVERYWHERE.items() if name in _OF_A_LAUNCH},
}
# The short form {apicontent.fieldname}, which isn't Liquid.
SHORT_FORM = re.compile(r"(?<!\{)\{[ \t]*(apicontent(?:\.[A-Za-z_][\w-]*)+)[ \t]*\}(?!\})")
LONG_FORM = re.compile(r"\bapicontent\.([A-Za-z_][\w-]*)")


def liquid_source(text: str) -> str:
    """The text with every `{apicontent.x}` written as Liquid does."""
    return SHORT_FORM.sub(r"{{ \1 }}", text)


def trigger_compile(*, subject: str, body: str) -> CompiledMessage:
    """Check and compile the message of a trigger; raises TemplateFault, whose words name the line."""
    return message_compile(subject=liquid_source(subject), body=liquid_source(body), known=TRIGGER_KNOWN)


def trigger_try(*, subject: str, body: str) -> None:
    """Raises TemplateFault for a message that would never end, with the line."""
    message_try(subject=liquid_source(subject), body=liquid_source(body), known=TRIGGER_KNOWN)


def launch_values(program: Program, content: dict[str, Any]) -> Values:
    """What is the same for every profile of a launch."""
    return {
        "program": {"name": program.name},
        "sender": {"name": program.sender_name, "address": program.sender_address},
        API_CONTENT: content,
    }


def content_fields(*texts: str) -> list[str]:
    """The names below `apicontent` that the texts use, in the order in which they come."""
    return list(dict.fromkeys(_fields(texts)))


def _fields(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        for found in LONG_FORM.finditer(text):
            yield found[1]
