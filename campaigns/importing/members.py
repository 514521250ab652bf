"""A member of an API's request made into a row, or into all that is wrong with it.

A field is one of FIELDS; any other property is an attribute. Values are taken as they are: a text that looks like a
number stays a text, and what can't be kept is a problem with a code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from batchadmin.lib.addresses import email_clean, msisdn_clean
from campaigns.handles import handle_clean, network_clean
from campaigns.importing.cells import LONGEST
from campaigns.importing.rows import SHOWN, Consent, Member, Problem
from campaigns.states import Operation

FLAGS = ("email_enabled", "sms_enabled", "push_enabled")
OPTIN = ("optin_channel", "optin_subchannel")
LONGEST_KEY = 60
MOST_IN_A_LIST = 200
_MSISDN = re.compile(r"^[1-9][0-9]{6,14}$")
_TYPES: dict[type, str] = {str: "string", list: "list", dict: "object"}

Values = dict[str, Any]


class Misfit(Exception):
    """A value that can't be kept: its code, and what it may be."""

    def __init__(self, code: str, reason: str, values: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason, self.values = code, reason, values


def member_of(told: Any, line: int, *, operation: Operation, import_id: str) -> Member:
    """The row of a member; `line` counts from 1. Never raises: a member that makes no sense is a row with a problem."""
    member = Member(line, name=f"#{line}")
    problems: list[Problem] = []
    if not isinstance(told, dict) or not isinstance(told.get("properties"), dict):
        problems.append(Problem("properties", _shown(told), "type_not_match", _("Not an object."), "object"))
    else:
        _properties(told["properties"], member.values, problems)
        _flags(told, problems)
        member.name = name_of(told["properties"]) or member.name
        if operation == Operation.CREATE and not (problems or has_address(member.values)):
            words = _("Somebody new needs an e-mail address or a phone number.")
            problems.append(
                Problem("properties", "", "not_contain_required_property", words, "email, msisdn")
            )
        if not problems:
            member.consent = consent_of(told, operation=operation, import_id=import_id)
    if problems:
        member.problem, member.further = problems[0], problems[1:]
    return member


def has_address(values: Mapping[str, Any]) -> bool:
    """Whether there is an e-mail address or a phone number."""
    return bool(values.get("email") or values.get("msisdn"))


def name_of(properties: Mapping[str, Any]) -> str:
    """What the sender knows the member by: e-mail address, else phone number, else ID."""
    for key in ("email", "msisdn", "external_id", "id"):
        value = properties.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()[:SHOWN]
    return ""


def consent_of(told: Mapping[str, Any], *, operation: Operation, import_id: str) -> Consent | None:
    """What the member says about being written to. Who is only to be created agrees unless they say otherwise."""
    default = True if operation == Operation.CREATE else None
    email, sms, push = (told.get(flag, default) for flag in FLAGS)
    if email is None and sms is None and push is None:
        return None
    channel = told.get("optin_channel") or "import"
    return Consent(email, sms, push, f"{channel}: {told.get('optin_subchannel') or import_id}")


def _flags(told: Mapping[str, Any], problems: list[Problem]) -> None:
    for flag in FLAGS:
        if flag in told and not isinstance(told[flag], bool):
            words = _("Neither true nor false.")
            problems.append(Problem(flag, _shown(told[flag]), "type_not_match", words, "true, false"))
    for name in OPTIN:
        if told.get(name) is not None and (not isinstance(told[name], str) or len(told[name]) > 100):
            words = _("Not a text of at most 100 characters.")
            problems.append(Problem(name, _shown(told[name]), "type_not_match", words, "string"))


def _properties(properties: Mapping[str, Any], values: Values, problems: list[Problem]) -> None:
    for key, value in properties.items():
        try:
            _put(values, key, value)
        except Misfit as misfit:
            problems.append(Problem(key[:SHOWN], _shown(value), misfit.code, misfit.reason, misfit.values))
        except ValidationError as error:
            code = error.error_list[0].code or "invalid"
            problems.append(Problem(key[:SHOWN], _shown(value), code, error.messages[0]))


def _put(values: Values, key: str, value: Any) -> None:
    cleaner = FIELDS.get(key)
    if cleaner is not None:
        values["external_id" if key == "id" else key] = cleaner(value)
    elif key == "attributes":
        for name, one in _typed(value or {}, dict).items():
            _attribute(values, name, one)
    else:
        _attribute(values, key, value)


def _attribute(values: Values, key: str, value: Any) -> None:
    if not key.strip() or len(key) > LONGEST_KEY:
        raise Misfit("too_long", _("A name has 1 to {most} characters.").format(most=LONGEST_KEY))
    values.setdefault("attributes", {})[key] = _plain(value)


def _plain(value: Any) -> Any:
    """A text, a number, true or false, null, or a list of texts and numbers."""
    if isinstance(value, list):
        if any(isinstance(one, list) for one in value):
            raise Misfit("type_not_match", _("A list in a list can't be kept."), "string, number, boolean")
        return [_plain(one) for one in _few(value)]
    if isinstance(value, dict):
        raise Misfit("type_not_match", _("An object can't be kept."), "string, number, boolean, list")
    return _short("attribute", value) if isinstance(value, str) else value


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        words = _("Not of the type it has to be.")
        raise Misfit("type_not_match", words, _TYPES[kind])
    return value


def _few(values: list[Any]) -> list[Any]:
    if len(values) > MOST_IN_A_LIST:
        raise Misfit("too_long", _("At most {most} values.").format(most=MOST_IN_A_LIST))
    return values


def _short(kind: str, value: str) -> str:
    if len(value) > LONGEST[kind]:
        raise Misfit("too_long", _("At most {most:,} characters.").format(most=LONGEST[kind]))
    return value


def _email(value: Any) -> str | None:
    return email_clean(_typed(value, str)) if value is not None else None


def _msisdn(value: Any) -> str | None:
    """Digits, the country code first, without + or 00; a number will do as well as a text."""
    if value is None or value == "":
        return None
    text = (
        str(value) if isinstance(value, int) and not isinstance(value, bool) else _typed(value, str).strip()
    )
    if not _MSISDN.match(text):
        raise Misfit("invalid_msisdn", _("Not digits with the country code first, such as 491512345678."))
    return msisdn_clean(text)


def _external_id(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _short("external_id", _typed(value, str).strip()) or None if value is not None else None


def _name(kind: str) -> Callable[[Any], str]:
    return lambda value: "" if value is None else _short(kind, _typed(value, str).strip())


def _tags(value: Any) -> list[str]:
    tags = [_short("tag", _typed(one, str).strip()) for one in _few(_typed(value or [], list))]
    return [tag for tag in dict.fromkeys(tags) if tag]


def _handles(value: Any) -> dict[str, str | None]:
    handles = {}
    for network, handle in _typed(value or {}, dict).items():
        name = network_clean(network)
        if not name or len(name) > LONGEST_KEY:
            raise Misfit(
                "too_long", _("A network's name has 1 to {most} characters.").format(most=LONGEST_KEY)
            )
        handles[name] = None if handle is None else handle_clean(_typed(handle, str))
    return handles


def _shown(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:SHOWN]


FIELDS: dict[str, Callable[[Any], Any]] = {
    "email": _email,
    "msisdn": _msisdn,
    "external_id": _external_id,
    "id": _external_id,
    "first_name": _name("first_name"),
    "last_name": _name("last_name"),
    "tags": _tags,
    "handles": _handles,
}
