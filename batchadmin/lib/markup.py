"""HTML put together from values, for cells of which a page draws hundreds."""

from __future__ import annotations

from html import escape
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString


def markup(form: str, *values: object) -> SafeString:
    """The form with a value for each {}, escaped unless it is HTML already: what `format_html` gives, in a third of the time.

    The framework's function goes through two layers for each value that find out whether it is a text that is yet to be
    translated. Here only what is no plain text goes that way.
    """
    # What is HTML already, as most values are, needs no call.
    return SafeString(form.format(*[one if one.__class__ is SafeString else escaped(one) for one in values]))


def escaped(value: Any) -> str:
    """The value as it may stand in HTML: escaped, unless it is HTML already."""
    if value.__class__ is SafeString:
        return str(value)
    return escape(value) if value.__class__ is str else conditional_escape(value)
