"""Which influencer a row is about, and what it would change: decided for a whole chunk with a few queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program
from campaigns.importing.rows import Member, Problem, identifiers_of
from campaigns.models import Influencer
from campaigns.states import Identifier, MultiValues, Operation, RowFate

FIELD_OF = {Identifier.ID: "external_id", Identifier.EMAIL: "email", Identifier.MSISDN: "msisdn"}
COLUMNS = ("external_id", "first_name", "last_name", "email", "msisdn", "handles", "tags", "attributes")


@dataclass(frozen=True, slots=True)
class Rules:
    """How an import treats its rows; `identifier` None finds influencers by any of e-mail, phone and ID."""

    program: Program
    operation: Operation
    identifier: Identifier | None = None
    multi_values: MultiValues = MultiValues.REPLACE
    columns: Mapping[str, str] = field(default_factory=dict)  # what the file calls each field

    def column(self, name: str) -> str:
        """What the file calls a field."""
        return self.columns.get(name, name)

    @property
    def by_handle(self) -> bool:
        return self.identifier == Identifier.HANDLE


@dataclass(slots=True)
class Decision:
    """What becomes of a row: for a change or a new one `values` has every column as it will be."""

    member: Member
    fate: RowFate
    problem: Problem | None = None
    influencer_id: int | None = None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """The influencers that rows of a chunk may be about, by id and by what tells who they are."""

    influencers: dict[int, Influencer]
    owners: dict[tuple[str, str], int]


def decide(rules: Rules, members: Sequence[Member], *, lock: bool) -> list[Decision]:
    """What becomes of each row. With `lock` those who are concerned are locked, in the order of their ids."""
    good = [member for member in members if member.problem is None]
    known = _find(rules, good, lock=lock)
    return [_decide(rules, member, known) for member in members]


def _decide(rules: Rules, member: Member, known: Known) -> Decision:
    if member.problem:
        return Decision(member, RowFate.REJECTED, member.problem)
    marks = identifiers_of(member.values, by_handle=rules.by_handle)
    owners = {mark: known.owners[mark] for mark in marks if mark in known.owners}
    problem = _problem(rules, member, owners, known)
    if problem:
        return Decision(member, RowFate.REJECTED, problem)
    if not owners:
        return Decision(member, RowFate.CREATED, values=_new(member.values, rules))
    influencer = known.influencers[next(iter(owners.values()))]
    before = {column: getattr(influencer, column) for column in COLUMNS}
    after = _changed(before, member.values, rules)
    fate = RowFate.UNCHANGED if before == after else RowFate.UPDATED
    return Decision(member, fate, influencer_id=influencer.pk, values=after)


def _problem(
    rules: Rules, member: Member, owners: dict[tuple[str, str], int], known: Known
) -> Problem | None:
    people = list(dict.fromkeys(owners.values()))
    wanted = FIELD_OF.get(rules.identifier) if rules.identifier else None
    if len(people) > 1 and wanted and rules.operation != Operation.CREATE:
        return _somebody_elses(rules, member, owners, known, wanted)
    if len(people) > 1:
        one, other = (known.influencers[pk].name for pk in people[:2])
        found_by = ", ".join(value for _name, value in owners)
        words = _("It matches two influencers: {one} and {other}.").format(one=one, other=other)
        return Problem("", found_by, "matches_two", words)
    if rules.operation == Operation.CREATE and owners:
        name, value = next(iter(owners))
        words = _("{name} has it already, and this import only creates.").format(
            name=known.influencers[people[0]].name
        )
        return Problem(rules.column(name), value, f"duplicated_{name.partition(':')[0]}", words)
    if wanted and not member.values.get(wanted) and rules.operation != Operation.CREATE:
        words = _("Its influencer is to be found by this, and it is missing.")
        return Problem(rules.column(wanted), "", "missing_identifier", words)
    return _not_found(rules, member, owners, known, wanted)


def _somebody_elses(
    rules: Rules, member: Member, owners: dict[tuple[str, str], int], known: Known, wanted: str
) -> Problem:
    """The row names its influencer by one field, and gives them what another one has."""
    meant = owners.get((wanted, member.values.get(wanted, "")))
    (name, value), owner = next((mark, pk) for mark, pk in owners.items() if pk != meant)
    words = _("{name} has it, who is not the influencer that the row is about.").format(
        name=known.influencers[owner].name
    )
    return Problem(rules.column(name), value, f"duplicated_{name}", words)


def _not_found(
    rules: Rules, member: Member, owners: dict[tuple[str, str], int], known: Known, wanted: str | None
) -> Problem | None:
    if (
        wanted
        and owners
        and rules.operation != Operation.CREATE
        and (wanted, member.values[wanted]) not in owners
    ):
        (name, value), owner = next(iter(owners.items()))
        words = _("{name} has it, who is not the influencer that the row is about.").format(
            name=known.influencers[owner].name
        )
        return Problem(rules.column(name), value, f"duplicated_{name}", words)
    if rules.operation == Operation.UPDATE and not owners:
        name, value = identifiers_of(member.values, by_handle=rules.by_handle)[0]
        words = _("Nobody has it, and this import only updates.")
        return Problem(rules.column(name), value, "member_not_found", words)
    return None


# What somebody new has before their row says anything.
_NOBODY = {column: getattr(Influencer(), column) for column in COLUMNS}


def _new(values: dict[str, Any], rules: Rules) -> dict[str, Any]:
    """Every column of somebody new: the same as a change of nobody, without looking at what nobody has."""
    if rules.multi_values == MultiValues.APPEND or any(
        None in values.get(column, {}).values() for column in ("handles", "attributes")
    ):
        return _changed(_NOBODY, values, rules)
    return {**_NOBODY, **values}


def _changed(before: Mapping[str, Any], values: dict[str, Any], rules: Rules) -> dict[str, Any]:
    """Every column as it will be: only what the row has changes; handles and attributes are added to those there.

    An API's null takes a handle or an attribute away; files have no null.
    """
    append = rules.multi_values == MultiValues.APPEND
    after = dict(before)
    for column, value in values.items():
        if column in ("handles", "attributes"):
            merged = {**after[column], **(_appended(after[column], value) if append else value)}
            after[column] = {key: one for key, one in merged.items() if one is not None}
        elif column == "tags" and append:
            after[column] = list(dict.fromkeys([*after[column], *value]))
        else:
            after[column] = value
    return after


def _appended(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values; a list is what was there and what is new."""
    return {
        key: [*before[key], *(one for one in value if one not in before[key])]
        if isinstance(value, list) and isinstance(before.get(key), list)
        else value
        for key, value in values.items()
    }


def _find(rules: Rules, members: Iterable[Member], *, lock: bool) -> Known:
    marks = {mark for member in members for mark in identifiers_of(member.values, by_handle=rules.by_handle)}
    ids = _ids_by_handle(rules.program, marks) if rules.by_handle else _ids(rules.program, marks)
    found = Influencer.objects.filter(pk__in=ids).present().order_by("pk")
    # A new participant or message only needs its influencer's key to stay, which no import touches.
    found = found.select_for_update(no_key=True) if lock else found
    influencers = {influencer.pk: influencer for influencer in found.only("pk", *COLUMNS)}
    owners = {
        mark: influencer.pk
        for influencer in influencers.values()
        for mark in _marks(influencer, rules.by_handle)
    }
    return Known(influencers, owners)


def _marks(influencer: Influencer, by_handle: bool) -> list[tuple[str, str]]:
    values = {column: getattr(influencer, column) for column in COLUMNS}
    return identifiers_of(values, by_handle=by_handle)


# A look-up for each value, and the program as something the planner can't look at: of a program that is being filled for the
# first time it thinks that it has nobody, and would rather read all of it again for each chunk.
_IDS = (
    "SELECT found.id FROM jsonb_array_elements_text(%s::jsonb) AS wanted (value) CROSS JOIN LATERAL (SELECT id"
    " FROM campaigns_influencer WHERE program_id = (SELECT %s::bigint) AND {name} = wanted.value OFFSET 0) AS found"
)


def _ids(program: Program, marks: set[tuple[str, str]]) -> list[int]:
    """One look into the index of each field; a single OR over them would tempt PostgreSQL to read the table.

    The values go over as documents: the driver takes each placeholder, and each element of an array, by itself.
    """
    values: dict[str, list[str]] = {}
    for name, value in marks:
        values.setdefault(name, []).append(value)
    if not values:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ".join(_IDS.format(name=name) for name in values),
            [one for found in values.values() for one in (json.dumps(found), program.pk)],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _ids_by_handle(program: Program, marks: set[tuple[str, str]]) -> list[int]:
    """One look into the index of handles for each handle."""
    networks = [name.partition(":")[2] for name, _value in marks]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT influencer.id FROM unnest(%s::text[], %s::text[]) AS wanted (network, handle)"
            " JOIN LATERAL (SELECT id FROM campaigns_influencer WHERE program_id = (SELECT %s::bigint)"
            "  AND lower(handles::text)::jsonb @> jsonb_build_object(wanted.network, wanted.handle) OFFSET 0)"
            " AS influencer ON true",
            [networks, [value for _name, value in marks], program.pk],
        )
        return [pk for (pk,) in cursor.fetchall()]
