"""A file of contacts that a message is meant for: which influencers of the program its rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program
from batchadmin.lib.csvfiles import FileProblem, Row, Table, table_open
from campaigns.importing.columns import (
    IDENTIFYING,
    IGNORE,
    MappingProblem,
    columns_recognise,
    identifier_of,
)
from campaigns.importing.matching import Rules, decide
from campaigns.importing.rows import Member, members_read
from campaigns.states import Identifier, Operation

MOST_ROWS = 50_000
SAMPLE, CHUNK = 20, 1_000


@dataclass(frozen=True, slots=True)
class Miss:
    """A row that is nobody in the program: its line, counted from 1, and why in words."""

    line: int
    words: str


@dataclass(slots=True)
class Contacts:
    """What a file came to: the ids of the influencers, each once, in the file's order; the rows that are nobody."""

    name: str
    ids: list[int] = field(default_factory=list)
    rows: int = 0
    misses: list[Miss] = field(default_factory=list)


def contacts_read(*, program: Program, file: BinaryIO, name: str) -> Contacts:
    """Find the people of a CSV or XLSX file by e-mail address, phone number, ID or, failing these, handle.

    Nothing is saved. Raises FileProblem for a file that can't be read, tells nobody apart, or has too many rows.
    """
    table = table_open(file, name=name)
    rows = list(islice(table.rows(), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        words = _("“{name}” has more than {most:,} rows. Import it, and choose its people by a tag.")
        raise FileProblem(words.format(name=name, most=MOST_ROWS))
    mapping = _identifying(table, rows[:SAMPLE], name)
    by_handle = any(kind.startswith("handle:") for kind in mapping.values())
    rules = Rules(program, Operation.UPDATE, Identifier.HANDLE if by_handle else None)
    found = Contacts(name, rows=len(rows))
    members = members_read(rows, table.headers, mapping, by_handle=by_handle)
    while chunk := list(islice(members, CHUNK)):
        _sort_out(rules, chunk, found)
    found.ids = list(dict.fromkeys(found.ids))
    return found


def _identifying(table: Table, samples: Sequence[Row], name: str) -> dict[str, str]:
    """The columns that tell who is who; the others don't matter here. Raises FileProblem if there is none."""
    mapping = columns_recognise(table.headers, [row.values for row in samples], file_name=name)
    try:
        by_handle = identifier_of(mapping) == "handle"
    except MappingProblem:
        words = _("“{name}” doesn't tell who is who: it needs a column called E-mail, Phone, ID or Username.")
        raise FileProblem(words.format(name=name)) from None
    return {
        header: kind if (kind.startswith("handle:") if by_handle else kind in IDENTIFYING) else IGNORE
        for header, kind in mapping.items()
    }


def _sort_out(rules: Rules, members: Sequence[Member], found: Contacts) -> None:
    for decision in decide(rules, members, lock=False):
        if decision.influencer_id is not None:
            found.ids.append(decision.influencer_id)
        elif (problem := decision.problem) is not None:
            words = _("Nobody has it.") if problem.code == "member_not_found" else problem.reason
            found.misses.append(Miss(decision.member.line, f"{problem.value}: {words}".strip(": ")))
