"""From a document to the launch that it asks for. XML holds texts where JSON has numbers, so both are understood."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from batchadmin.lib.strict_json import EXACT
from batchadmin.lib.wire import Document
from messaging.triggers.asked import EITHER, FIELDS, NEEDS_FIELD_NAME, LaunchAsked, Matching

from .files import files_read
from .problems import malformed

BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}
HIGHEST_ID = 2**63 - 1
LONGEST_FIELD_NAME = 200


def batch_parse(document: Document) -> LaunchAsked:
    """A launch for the profiles in `data`; raises Refused."""
    data = document.get("data")
    if not isinstance(data, list):
        raise malformed(_("data: must be a list of profiles."))
    if not data:
        raise malformed(_("data: must name at least one profile."))
    return _parse(document, data, "data[{}].")


def single_parse(document: Document) -> LaunchAsked:
    """A launch for the one profile that the root of the document names; raises Refused."""
    item = {name: value for name, value in document.items() if name != "custom_data"}
    return _parse(document, [item], "")


def _parse(document: Document, data: list[Any], place: str) -> LaunchAsked:
    matching = _matching(document.get("matching"))
    return LaunchAsked(
        trigger_id=_trigger_id(document),
        matching=matching,
        field_name=_field_name(document, matching),
        items=tuple(_item(matching, item, place.format(number)) for number, item in enumerate(data)),
        content=_object(document.get("content"), "content"),
        custom_data=_object(document.get("custom_data"), "custom_data"),
        files=files_read(document.get("attach")),
        skip_triggers=_boolean(document.get("skip_triggers"), "skip_triggers"),
    )


def _trigger_id(document: Document) -> int:
    name = "trigger_id" if "trigger_id" in document else "id"
    value = document.get(name)
    text = value.strip() if isinstance(value, str) else str(value)
    if isinstance(value, bool | float) or not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise malformed(_("trigger_id: must be the number of a trigger."))
    return min(int(text), HIGHEST_ID)


def _matching(value: Any) -> Matching:
    if value in (None, ""):
        return Matching.EMAIL
    try:
        return Matching(value)
    except ValueError:
        modes = ", ".join(Matching.values)
        raise malformed(_("matching: must be one of %(modes)s.") % {"modes": modes}) from None


def _field_name(document: Document, matching: Matching) -> str:
    if matching not in NEEDS_FIELD_NAME:
        return ""
    value = document.get("field_name")
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_FIELD_NAME:
        raise malformed(_("field_name: must name the field to search."))
    return value.strip()


def _item(matching: Matching, item: Any, place: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise malformed(_("%(place)s: must be an object.") % {"place": place.rstrip(".")})
    names = FIELDS[matching]
    present = [name for name in names if item.get(name) is not None]
    if not present or (matching not in EITHER and len(present) < len(names)):
        missing = next(name for name in names if name not in present)
        raise malformed(_("%(field)s: is missing.") % {"field": f"{place}{missing}"})
    kept: dict[str, Any] = {name: _text(item[name], f"{place}{name}") for name in present}
    own = _object(item.get("custom_data"), f"{place}custom_data")
    return {**kept, "custom_data": own} if own else kept


def _text(value: Any, place: str) -> str:
    """A value to search for, as text: numbers without the zeros behind their point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if abs(value) >= EXACT:  # it may be its neighbour by now, and would find somebody else
            words = _(
                "%(field)s: is too large a number with a point or an exponent. Send its digits as text."
            )
            raise malformed(words % {"field": place})
        return f"{Decimal(repr(value)).normalize():f}"
    if not isinstance(value, str):
        raise malformed(_("%(field)s: must be text or a number.") % {"field": place})
    return value.strip()


def _object(value: Any, place: str) -> dict[str, Any]:
    # In XML an empty element is an empty text.
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise malformed(_("%(field)s: must be an object.") % {"field": place})
    return value


def _boolean(value: Any, place: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    text = str(value).strip().lower()
    if text not in BOOLEANS:
        raise malformed(_("%(field)s: must be true or false.") % {"field": place})
    return BOOLEANS[text]
