"""A line of a file made into what it says about one influencer, or into what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from batchadmin.lib.csvfiles import Row
from campaigns.handles import handle_key
from campaigns.importing.cells import Column, columns_read
from campaigns.importing.columns import IDENTIFYING, columns_by_field

SHOWN = 200  # characters of a rejected value that are kept


@dataclass(slots=True, frozen=True)
class Problem:
    """Why a row is rejected: the column as the file calls it, its value, a code for programs and words for people."""

    column: str
    value: str
    code: str
    reason: str
    values: str = ""  # what the value may be, where that can be said

    def as_dict(self) -> dict[str, str]:
        found = asdict(self)
        return found if self.values else {name: found[name] for name in found if name != "values"}


@dataclass(slots=True, frozen=True)
class Consent:
    """What a member of an API's request says about being written to: by channel, None where it says nothing."""

    email: bool | None = None
    sms: bool | None = None
    push: bool | None = None
    reason: str = ""


@dataclass(slots=True)
class Member:
    """What one row says. `values` has the fields that are present and no others; a row with a problem is rejected."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    problem: Problem | None = None
    further: list[Problem] = field(default_factory=list)  # beside the first one; files name only that
    name: str = ""  # what the sender knows the member by; files know lines
    consent: Consent | None = None

    def as_payload(self) -> dict[str, Any]:
        """The form in which a ledger keeps the row."""
        payload = {
            "line": self.line,
            "values": self.values,
            "problem": self.problem and self.problem.as_dict(),
        }
        if self.name:
            payload |= {"name": self.name, "further": [one.as_dict() for one in self.further]}
        if self.consent:
            payload["consent"] = asdict(self.consent)
        return payload

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any]) -> Member:
        problem, consent = payload.get("problem"), payload.get("consent")
        return cls(
            payload["line"],
            payload["values"],
            Problem(**problem) if problem else None,
            [Problem(**one) for one in payload.get("further", ())],
            payload.get("name", ""),
            Consent(**consent) if consent else None,
        )


def members_read(
    rows: Iterable[Row], headers: Sequence[str], mapping: Mapping[str, str], *, by_handle: bool
) -> Iterator[Member]:
    """Each row as a member. The second row with an e-mail address, phone number or ID (with `by_handle`: a handle) that an
    earlier one has is rejected, naming that one's line.

    Only hashes are remembered: of half a million values, two that differ would meet once in a hundred million files.
    """
    seen: dict[int, int] = {}
    columns, names = columns_read(headers, mapping), columns_by_field(mapping)
    for row in rows:
        member = _read(row, columns, len(headers))
        if member.problem is None:
            marks = identifiers_of(member.values, by_handle=by_handle)
            member.problem = _duplicate(marks, seen, names) or _nobody(marks)
            if member.problem is None:
                seen.update((hash(mark), row.line) for mark in marks)
        yield member


def identifiers_of(values: Mapping[str, Any], *, by_handle: bool) -> list[tuple[str, str]]:
    """What tells who this is, as (field, value)."""
    if by_handle:
        return [(f"handle:{network}", handle_key(one)) for network, one in values.get("handles", {}).items()]
    return [(name, values[name]) for name in IDENTIFYING if values.get(name)]


def _read(row: Row, columns: Sequence[Column], width: int) -> Member:
    member, cells = Member(row.line), row.values
    if len(cells) > width and (beyond := [value for value in cells[width:] if value.strip()]):
        words = _(
            "The row has more values than there are columns. Is a value with a comma not in quotation marks?"
        )
        member.problem = Problem("", beyond[0][:SHOWN], "too_many_values", words)
        return member
    for column in columns:
        if column.position >= len(cells):
            break
        text = cells[column.position]
        try:
            value = column.read(text)
        except ValidationError as error:
            code = error.error_list[0].code or "invalid"
            member.problem = Problem(column.header, text[:SHOWN], code, error.messages[0])
            return member
        if value is not None:
            column.put(member.values, value)
    return member


def _duplicate(
    marks: Sequence[tuple[str, str]], seen: Mapping[int, int], columns: Mapping[str, str]
) -> Problem | None:
    for name, value in marks:
        line = seen.get(hash((name, value)))
        if line is not None:
            code = f"duplicated_{name.partition(':')[0]}"
            words = _("The same stands in line {line} already.").format(line=line)
            return Problem(columns.get(name, name), value, code, words)
    return None


def _nobody(marks: Sequence[tuple[str, str]]) -> Problem | None:
    if marks:
        return None
    words = _("Nothing tells who this is: no e-mail address, phone number, ID or handle.")
    return Problem("", "", "missing_identifier", words)
