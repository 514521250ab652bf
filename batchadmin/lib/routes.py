"""Addresses of pages, put together from a form that is worked out once for each page: a list names hundreds of them.

The framework goes through patterns, converters and quoting for each address, which takes twenty times as long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, reverse

PLAIN = re.compile("[-a-zA-Z0-9_]+", re.ASCII)  # what addresses take as it is, unquoted
PROBE_NUMBER, PROBE_WORD = 90_017_000_000, "zq-probe-{}-qz"
# The name of a value (or "") and the text after it, in the order of the address.
Form = tuple[tuple[str, str], ...]


def address(name: str, values: Mapping[str, object]) -> str:
    """The address of the page `name` with these values, as `reverse` has it; raises NoReverseMatch if there is none."""
    texts = {key: text for key, value in values.items() if (text := _plain(value)) is not None}
    if len(texts) == len(values):
        kinds = tuple((key, type(value) is int) for key, value in values.items())
        form = _form(settings.ROOT_URLCONF, get_script_prefix(), name, kinds)
        if form is not None:
            return "".join([texts[key] + after if key else after for key, after in form])
    return reverse(name, kwargs=dict(values))


def _plain(value: object) -> str | None:
    """A value as an address has it, if it's a number from 0 on or a word that needs no quoting."""
    if type(value) is int:
        return str(value) if value >= 0 else None
    return value if isinstance(value, str) and PLAIN.fullmatch(value) else None


@lru_cache(maxsize=2_000)
def _form(_urlconf: str, _prefix: str, name: str, kinds: tuple[tuple[str, bool], ...]) -> Form | None:
    """The address taken apart, found out with values that occur nowhere else; None where that can't be done."""
    probes: dict[str, object] = {
        key: PROBE_NUMBER + place if is_number else PROBE_WORD.format(place)
        for place, (key, is_number) in enumerate(kinds)
    }
    try:
        found = reverse(name, kwargs=probes)
    except NoReverseMatch:
        return None
    if any(found.count(str(probe)) != 1 for probe in probes.values()):
        return None
    names = {str(probe): key for key, probe in probes.items()}
    parts = re.split("|".join(["(?!)", *names]), found)
    order = re.findall("|".join(["(?!)", *names]), found)
    return (("", parts[0]), *((names[probe], after) for probe, after in zip(order, parts[1:], strict=True)))
