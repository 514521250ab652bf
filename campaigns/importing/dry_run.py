"""What an import would do: every row decided, nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.utils import timezone

from batchadmin.lib.csvfiles import Table
from campaigns.importing.columns import columns_by_field
from campaigns.importing.matching import Decision, Rules, decide
from campaigns.importing.rows import members_read
from campaigns.models import Import
from campaigns.states import Identifier, Operation, RowFate

LOT = 2_000  # rows decided with one set of queries
SHOWN = 100  # rejected rows that the page shows; the file has all


# Told how many rows have been decided, and how much of the file that is in per cent, if that can be said.
Seen = Callable[[int, int | None], None]


def decisions_of(imported: Import, table: Table, seen: Seen | None = None) -> Iterator[Decision]:
    """What would become of each row of the file, as the program's influencers are now; `seen` is called after each lot."""
    rules = Rules(
        program=imported.program,
        operation=Operation(imported.operation),
        identifier=Identifier(imported.identifier) if imported.identifier else None,
        columns=columns_by_field(imported.mapping),
    )
    members = members_read(table.rows(), table.headers, imported.mapping, by_handle=rules.by_handle)
    rows = 0
    while lot := list(islice(members, LOT)):
        yield from decide(rules, lot, lock=False)
        rows += len(lot)
        if seen is not None:
            seen(rows, table.percent())


def dry_run(imported: Import, table: Table, seen: Seen | None = None) -> dict[str, Any]:
    """Counts that add up to `rows`, the blank lines that were left out, and the first rejected rows."""
    fates: Counter[str] = Counter()
    errors: list[dict[str, Any]] = []
    for decision in decisions_of(imported, table, seen):
        fates[str(decision.fate)] += 1
        if decision.problem and len(errors) < SHOWN:
            errors.append({"line": decision.member.line, **decision.problem.as_dict()})
    return {
        "rows": sum(fates.values()),
        **{str(fate): fates[str(fate)] for fate in RowFate},
        "blank_lines": table.facts.blank_lines,
        "errors": errors,
        "at": timezone.now().isoformat(),
    }
