"""From the values that another system names to the people they lead to: one statement for any number of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from psycopg.types.json import Jsonb

from batchadmin.accounts.models import Program
from batchadmin.lib.addresses import NUMBER_MARKS, email_clean
from campaigns.models import Influencer
from messaging.models import TriggerLaunch

from .asked import EITHER, FIELDS, Matching, MissReason

HIGHEST_ID = 2**63 - 1
PHONE = re.compile(r"[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A value that led to somebody; through which subscription, if it wasn't the profile itself."""

    position: int
    key: int
    subscription: int | None


@dataclass(frozen=True, slots=True)
class Miss:
    """A value that led to nobody new."""

    position: int
    value: str
    reason: MissReason


@dataclass(slots=True)
class Found:
    """Whom the values lead to, each person once, and those that lead to nobody."""

    hits: list[Hit] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)


# Each finds (position, influencer, subscription) for the values `n.a` (and `n.b`).
_PROFILE = "SELECT n.position, i.id, NULL::bigint, {rank} FROM named n JOIN person i ON {on}"
_SUBSCRIPTION = (
    "SELECT n.position, s.influencer_id, s.id, {rank} FROM named n JOIN campaigns_subscription s"
    " ON s.program_id = %(program)s AND {on} JOIN person i ON i.id = s.influencer_id"
)
_EMAIL, _PHONE = "i.email = n.a", "i.msisdn = n.{column}"
_EMAIL_SUB, _PHONE_SUB = "s.kind = 'email' AND s.address = n.a", "s.kind = 'phone' AND s.address = n.{column}"
# An attribute as text; a number without the zeros behind its point, groups and lists not at all.
_ATTRIBUTE = (
    "CASE jsonb_typeof({of}.attributes -> %(field)s)"
    " WHEN 'number' THEN trim_scale(({of}.attributes ->> %(field)s)::numeric)::text"
    " WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE {of}.attributes ->> %(field)s END = n.a"
)

# Of the ways that a mode knows, the first one (the lowest rank) that leads to anybody counts.
_WAYS: Mapping[Matching, tuple[str, ...]] = {
    Matching.EMAIL: (_PROFILE.format(rank=0, on=_EMAIL), _SUBSCRIPTION.format(rank=1, on=_EMAIL_SUB)),
    Matching.EMAIL_PROFILE: (_PROFILE.format(rank=0, on=_EMAIL),),
    Matching.EMAIL_SUB: (_SUBSCRIPTION.format(rank=0, on=_EMAIL_SUB),),
    Matching.PHONE: (
        _PROFILE.format(rank=0, on=_PHONE.format(column="a")),
        _SUBSCRIPTION.format(rank=1, on=_PHONE_SUB.format(column="a")),
    ),
    Matching.PHONE_SUB: (_SUBSCRIPTION.format(rank=0, on=_PHONE_SUB.format(column="a")),),
    Matching.PROFILE_ID: (_PROFILE.format(rank=0, on="i.id = n.a::bigint"),),
    Matching.PUSH_SUB: (
        _SUBSCRIPTION.format(rank=0, on="s.kind = 'push' AND s.provider = n.a AND s.subscription_id = n.b"),
    ),
    Matching.CUSTOM: (
        _PROFILE.format(rank=0, on=_ATTRIBUTE.format(of="i")),
        _PROFILE.format(rank=0, on="%(field)s = 'external_id' AND i.external_id = n.a"),
    ),
    Matching.CUSTOM_SUB: (_SUBSCRIPTION.format(rank=0, on=_ATTRIBUTE.format(of="s")),),
    Matching.EMAIL_PHONE: (
        _PROFILE.format(rank=0, on=_EMAIL),
        _PROFILE.format(rank=1, on=_PHONE.format(column="b")),
    ),
    Matching.EMAIL_PHONE_SUB: (
        _SUBSCRIPTION.format(rank=0, on=_EMAIL_SUB),
        _SUBSCRIPTION.format(rank=1, on=_PHONE_SUB.format(column="b")),
    ),
}
_FIND = """
WITH named AS MATERIALIZED (
    SELECT (n ->> 0)::int AS position, n ->> 1 AS a, n ->> 2 AS b FROM jsonb_array_elements(%(named)s) AS n
), person AS NOT MATERIALIZED (
    SELECT * FROM campaigns_influencer WHERE program_id = %(program)s AND erased_at IS NULL
), hit (position, influencer, subscription, rank) AS ({ways}), best AS (
    SELECT position, influencer, subscription, rank = min(rank) OVER (PARTITION BY position) AS counts FROM hit
)
SELECT DISTINCT ON (position, influencer) position, influencer, subscription FROM best WHERE counts
ORDER BY position, influencer, subscription NULLS FIRST
"""


def profiles_find(
    *, program: Program, matching: Matching, field_name: str, items: Sequence[Mapping[str, Any]]
) -> Found:
    """Whom the items lead to in the program. `items` hold the texts that FIELDS names for the matching.

    Somebody named twice is found once; the other times are misses. Erased people are nobody.
    """
    found = Found()
    named: dict[int, tuple[str | None, str | None]] = {}
    for position, item in enumerate(items, start=1):
        values, reason = cleaned(matching, item)
        if reason is None:
            named[position] = values
        else:
            found.misses.append(Miss(position, shown(matching, item), reason))
    by_position: dict[int, list[Hit]] = {}
    for hit in _hits(program, matching, field_name, named):
        by_position.setdefault(hit.position, []).append(hit)
    seen: set[int] = set()
    for position in named:
        new = [hit for hit in by_position.get(position, []) if hit.key not in seen]
        if not new:
            reason = MissReason.REPEATED if position in by_position else MissReason.NOT_FOUND
            found.misses.append(Miss(position, shown(matching, items[position - 1]), reason))
        seen.update(hit.key for hit in new)
        found.hits += new
    found.misses.sort(key=lambda miss: miss.position)
    return found


def positions_about(
    *, launch: TriggerLaunch, influencer: Influencer, identifiers: Collection[str]
) -> set[int]:
    """Where a launch that waits names the influencer: counted from 1, whether it leads to them or only has their address."""
    matching = Matching(launch.matching)
    read = enumerate((cleaned(matching, item)[0] for item in launch.items), start=1)
    named = {position: values for position, values in read if any(values)}
    about = {position for position, values in named.items() if set(values) & set(identifiers)}
    hits = _hits(influencer.program, matching, launch.field_name, named)
    return about | {hit.position for hit in hits if hit.key == influencer.pk}


def _hits(
    program: Program, matching: Matching, field_name: str, named: Mapping[int, tuple[str | None, str | None]]
) -> Iterable[Hit]:
    if not named:
        return []
    # One document: the driver takes each element of an array by itself, which is slow for many.
    values = [[position, first, second] for position, (first, second) in named.items()]
    params: dict[str, Any] = {"program": program.pk, "field": field_name, "named": Jsonb(values)}
    with connection.cursor() as cursor:
        cursor.execute(_FIND.format(ways=" UNION ALL ".join(_WAYS[matching])), params)
        return [Hit(*row) for row in cursor.fetchall()]


Cleaned = tuple[tuple[str | None, str | None], MissReason | None]


def cleaned(matching: Matching, item: Mapping[str, Any]) -> Cleaned:
    """The item's values as they are compared, or why it can lead to nobody."""
    names = FIELDS[matching]
    texts = [str(item.get(name) or "").strip() for name in names]
    if not any(texts) or (matching not in EITHER and not all(texts)):
        return (None, None), MissReason.NO_VALUE
    values = [CLEANERS[name](text) if text else None for name, text in zip(names, texts, strict=True)]
    wrong = not any(values) if matching in EITHER else not all(values)
    if wrong:
        is_address = names[0] in ("email", "phone")
        return (None, None), MissReason.BAD_ADDRESS if is_address else MissReason.NOT_FOUND
    return (values[0], values[1] if len(values) > 1 else None), None


def shown(matching: Matching, item: Mapping[str, Any]) -> str:
    """The item's values for people."""
    return ", ".join(str(item[name]) for name in FIELDS[matching] if item.get(name) not in (None, ""))[:300]


def _email(text: str) -> str | None:
    try:
        return email_clean(text)
    except ValidationError:
        return None


def _phone(text: str) -> str | None:
    """Digits only. What is stored was checked against the world's plans of numbers; for comparing, this is enough."""
    digits = NUMBER_MARKS.sub("", text)
    digits = digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")
    return digits if PHONE.fullmatch(digits) else None


def _id(text: str) -> str | None:
    return (
        text if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= HIGHEST_ID else None
    )


CLEANERS: Mapping[str, Callable[[str], str | None]] = {
    "email": _email,
    "phone": _phone,
    "profile_id": _id,
    "provider": str,
    "subscription_id": str,
    "field_value": str,
}
