"""Which column of a file is what: recognised by its heading and first values, and corrected by people.

A field is one of FIELDS, `handle:<network>`, `attribute:<key>` (text), `number:<key>` (an attribute that is a number) or
`ignore`. A mapping is {heading: field} for every column of the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.handles import NETWORKS, OTHER_NAMES, network_clean
from campaigns.importing.values import cell_clean, number_read

IGNORE = "ignore"
REJECTED_BECAUSE = "Rejected because"  # the column that a file of rejected rows has in addition
FIELDS = {
    "external_id": gettext_lazy("ID in your system"),
    "email": gettext_lazy("E-mail address"),
    "msisdn": gettext_lazy("Phone number"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "name": gettext_lazy("Full name"),
    "tags": gettext_lazy("Tags"),
}
IDENTIFYING = ("external_id", "email", "msisdn")
HEADINGS = {
    "external_id": "id, external id, member id, customer id, influencer id, client id",
    "email": "email, e mail, mail, email address, e mail address, mail address, e mail adresse, correo",
    "msisdn": "msisdn, phone, phone number, telephone, tel, mobile, mobile number, mobile phone, cell, whatsapp,"
    " whatsapp number, telefon, telefonnummer, handy, handynummer",
    "first_name": "first name, firstname, given name, forename, vorname",
    "last_name": "last name, lastname, surname, family name, nachname",
    "name": "name, full name, fullname, influencer, influencer name, contact",
    "tags": "tags, tag, labels, groups",
    "handle": "handle, username, user name, user, account, channel, channel info, profile, social handle, nick",
}
_RECOGNISED = {heading.strip(): field for field, names in HEADINGS.items() for heading in names.split(",")}
_ALIASES = {"id": "external_id", "phone": "msisdn", "mail": "email", "e-mail": "email"}
_KEY = re.compile(r"[^0-9a-z]+")


class MappingProblem(ValueError):
    """A mapping that can't be used; `str()` says which column or field, and what there is."""


def columns_recognise(
    headers: Sequence[str], samples: Sequence[Sequence[str]], *, file_name: str = ""
) -> dict[str, str]:
    """The likeliest mapping of these columns, judging by the headings and some rows. Unknown columns become attributes."""
    mapping: dict[str, str] = {}
    for position, header in enumerate(headers):
        values = [cell_clean(row[position]) for row in samples if position < len(row)]
        field = _field_of(header, file_name)
        if not field or field in mapping.values():
            field = _attribute(header, values, mapping)
        mapping[header] = field
    return mapping


def mapping_complete(
    recognised: Mapping[str, str], chosen: Mapping[str, str], *, file_name: str = ""
) -> dict[str, str]:
    """The recognised mapping with what a person chose. Raises MappingProblem for a column that the file doesn't have,
    a field that there isn't, and two columns for one field."""
    mapping = dict(recognised)
    by_heading = {header.casefold(): header for header in recognised}
    for column, field in chosen.items():
        header = by_heading.get(column.strip().casefold())
        if header is None:
            raise MappingProblem(
                _("The file has no column “{column}”. Its columns are {columns}.").format(
                    column=column, columns=", ".join(recognised)
                )
            )
        mapping[header] = field_clean(field, header, file_name=file_name)
        _give_way(mapping, header, chosen)
    _check_unique(mapping)
    return mapping


def field_clean(field: str, header: str, *, file_name: str = "") -> str:
    """A field as people write it (`phone`, `handle`, `tiktok`, `attribute`) in its one form. Raises MappingProblem."""
    kind, _colon, rest = field.strip().partition(":")
    kind, rest = kind.strip().casefold(), rest.strip()
    kind = _ALIASES.get(kind, kind)
    if kind in FIELDS or kind == IGNORE:
        return kind
    if kind == "handle":
        return f"handle:{network_clean(rest) or _network(header, file_name)}"
    if network_clean(kind) in NETWORKS:
        return f"handle:{network_clean(kind)}"
    if kind in ("attribute", "number"):
        return f"{kind}:{key_of(rest or header)}"
    raise MappingProblem(
        _("“{field}” isn't a field. The fields are {fields}.").format(
            field=field,
            fields=", ".join([*FIELDS, "handle:instagram", "attribute:key", "number:key", IGNORE]),
        )
    )


def identifier_of(mapping: Mapping[str, str]) -> str:
    """What finds the influencers of a file with this mapping: "" for any of the identifying fields it has, "handle" for
    handles, which do only where there is nothing better. Raises MappingProblem if there is nothing at all."""
    fields = set(mapping.values())
    if fields & set(IDENTIFYING):
        return ""
    if any(field.startswith("handle:") for field in fields):
        return "handle"
    raise MappingProblem(
        _("No column tells who is who. Say which one is the e-mail address, phone number, ID or handle.")
    )


def columns_by_field(mapping: Mapping[str, str]) -> dict[str, str]:
    """The heading of each field that a mapping has."""
    return {field: header for header, field in mapping.items() if field != IGNORE}


def key_of(header: str) -> str:
    """The key of an attribute, made from a heading: "Größe (EU)" is grosse_eu."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return _KEY.sub("_", letters).strip("_")[:60] or "value"


def _field_of(header: str, file_name: str) -> str:
    words = _KEY.sub(" ", header.casefold()).strip()
    if header == REJECTED_BECAUSE:
        return IGNORE
    field = _RECOGNISED.get(words, "")
    if field == "handle" or (not field and _named_network(words, exact=True)):
        return f"handle:{_network(header, file_name)}"
    return field


def _network(header: str, file_name: str) -> str:
    named = _named_network(header.casefold(), exact=False) or _named_network(
        file_name.casefold(), exact=False
    )
    return named or "instagram"


def _named_network(words: str, *, exact: bool) -> str:
    """The network that a heading is about: it alone, or with "handle" or the like if `exact`; mentioned at all if not."""
    if exact:
        words = re.sub(r" ?(handle|username|user|account|profile|name|url|link)$", "", words)
        name = network_clean(words)
        return name if name in NETWORKS else ""
    long_names = [name for name in (*NETWORKS, *OTHER_NAMES) if len(name) > 2]
    return next((network_clean(name) for name in long_names if name in words), "")


def _attribute(header: str, values: Sequence[str], mapping: Mapping[str, str]) -> str:
    present = [value for value in values if value]
    kind = "number" if present and all(number_read(value) is not None for value in present) else "attribute"
    key = stem = key_of(header)
    taken = {
        field.partition(":")[2] for field in mapping.values() if field.startswith(("attribute:", "number:"))
    }
    number = 2
    while key in taken:
        key, number = f"{stem}_{number}", number + 1
    return f"{kind}:{key}"


def _give_way(mapping: dict[str, str], header: str, chosen: Mapping[str, str]) -> None:
    """A column that was only recognised as what a person gave to another one becomes an attribute."""
    by_hand = {column.strip().casefold() for column in chosen}
    for other, field in mapping.items():
        if (
            other != header
            and field == mapping[header]
            and other.casefold() not in by_hand
            and field != IGNORE
        ):
            mapping[other] = f"attribute:{key_of(other)}"


def _check_unique(mapping: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for header, field in mapping.items():
        if field == IGNORE:
            continue
        kind, _colon, key = field.partition(":")
        slot = f"attribute:{key}" if kind in ("attribute", "number") else field
        if slot in seen:
            raise MappingProblem(
                _("“{one}” and “{other}” can't both be {field}.").format(
                    one=seen[slot], other=header, field=field
                )
            )
        seen[slot] = header
