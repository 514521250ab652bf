"""The kind that imports rows: a bulk of at most 1,000 is one chunk, and so one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from batchadmin.lib.routes import address
from batches.kinds import DataKind, Line, Outcome
from batches.models import BatchRequest
from batches.states import ItemStatus
from campaigns.importing.columns import columns_by_field
from campaigns.importing.endings import import_end_tell
from campaigns.importing.matching import Decision, Rules
from campaigns.importing.rows import Member
from campaigns.importing.writing import members_write
from campaigns.models import ImportBulk
from campaigns.states import Identifier, MultiValues, Operation, RowFate
from campaigns.statistics import statistics_refresh

BULK_SIZE = 1_000


class InfluencerImport(DataKind):
    """Creates and updates influencers from the rows of a file or of an API's request. Keys are lines."""

    code = "influencer_import"
    type = "MemberImport"
    stoppable = True
    in_batch_requests = False  # imports have a list of their own
    chunk = BULK_SIZE

    def page(self, batch: BatchRequest) -> str:
        """The page of the import that the bulk belongs to."""
        return address("import", {"program": batch.program.slug, "pk": batch.import_bulk.parent_id})

    def process(self, batch: BatchRequest, lines: Sequence[Line]) -> Sequence[Outcome]:
        """Write the rows and count what became of them."""
        bulk = ImportBulk.objects.select_related("parent__program").get(batch=batch)
        decisions = members_write(rules_of(bulk), [Member.of_payload(line.payload) for line in lines])
        _count(bulk, decisions)
        # Each bulk brings much: at a tenth, the first ones would do little else. What the import itself asks needs no figures.
        statistics_refresh("campaigns_influencer", share=0.75)
        return [_outcome(line, decision) for line, decision in zip(lines, decisions, strict=True)]

    def ended(self, batch: BatchRequest) -> None:
        """The last bulk that ends is the end of the import."""
        import_end_tell(import_id=batch.import_bulk.parent_id)

    def people(self, keys: Sequence[int]) -> dict[int, str]:
        """Rows are called by their lines."""
        return {key: _("Line {line}").format(line=key) for key in keys}


def rules_of(bulk: ImportBulk) -> Rules:
    """How a bulk treats its rows."""
    return Rules(
        program=bulk.parent.program,
        operation=Operation(bulk.operation),
        identifier=Identifier(bulk.identifier) if bulk.identifier else None,
        multi_values=MultiValues(bulk.multi_values_update_mode),
        columns=columns_by_field(bulk.parent.mapping),
    )


def _outcome(line: Line, decision: Decision) -> Outcome:
    if decision.problem is None:
        return Outcome(line.key, ItemStatus.SUCCEEDED, str(decision.fate))
    problem = decision.problem
    return Outcome(line.key, ItemStatus.FAILED, problem.code, problem.reason)


def _count(bulk: ImportBulk, decisions: Sequence[Decision]) -> None:
    """Add to the bulk's counters, which outlive the ledger's payloads, and to its list of errors, which doesn't."""
    fates = Counter(decision.fate for decision in decisions)
    errors = [error for decision in decisions if decision.problem for error in errors_of(decision)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_importbulk SET members_created = members_created + %s,"
            " members_updated = members_updated + %s, members_unchanged = members_unchanged + %s,"
            " members_rejected = members_rejected + %s, errors = errors || %s::jsonb WHERE batch_id = %s",
            [*(fates[fate] for fate in RowFate), json.dumps(errors), bulk.pk],
        )


def errors_of(decision: Decision) -> list[dict[str, Any]]:
    """A rejected row as the list of errors has it: one entry for each thing that is wrong."""
    member, problem = decision.member, decision.problem
    known_as = {"member": member.name} if member.name else {}
    problems = [*([problem] if problem else []), *member.further]
    return [{"line": member.line, **known_as, **one.as_dict()} for one in problems]
