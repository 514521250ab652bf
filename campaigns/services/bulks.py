"""Bulks that other systems send: checked as a whole, grouped into imports, and handed to the engine."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batches.ledger import LedgerRow
from batches.services import batch_request
from campaigns.bulk import InfluencerImport
from campaigns.bulk.imports import BULK_SIZE
from campaigns.importing.members import member_of
from campaigns.importing.rows import Member, Problem
from campaigns.models import Import, ImportBulk
from campaigns.states import Identifier, ImportState, MultiValues, Operation

PROPERTIES = {
    Identifier.ID: ("id", "external_id"),
    Identifier.EMAIL: ("email",),
    Identifier.MSISDN: ("msisdn",),
}


class BulkRefused(Exception):
    """The whole bulk is refused; `code` is the API's, `str()` says it in words. Nothing was kept."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True)
class BulkAsked:
    """A bulk as it was sent, its choices checked."""

    members: Sequence[Any]
    operation: Operation = Operation.CREATE
    identifier: Identifier | None = None
    multi_values: MultiValues = MultiValues.REPLACE
    import_id: str = ""
    request_number: int | None = None

    @classmethod
    def of(
        cls,
        *,
        members: Any,
        operation: Any,
        identifier: Any,
        multi_values: MultiValues,
        import_id: str | None,
        request_number: int | None,
    ) -> BulkAsked:
        """The bulk that a request's values make; raises BulkRefused with the code of the first thing that is wrong."""
        if operation not in Operation.values:
            raise BulkRefused("invalid_operation", _("operation is create, update or upsert."))
        found_by = [str(one) for one in PROPERTIES]
        if identifier is not None and identifier not in found_by:
            words = _("member_identifier_type is id, email or msisdn.")
            raise BulkRefused("invalid_member_identifier_type", words)
        if not members:
            raise BulkRefused("members_empty", _("members has nobody in it."))
        if not isinstance(members, list) or len(members) > BULK_SIZE:
            words = _("members is a list of at most {most:,}; send more in further bulks.")
            raise BulkRefused("members_size_incorrect", words.format(most=BULK_SIZE))
        asked = cls(
            members,
            Operation(operation),
            _identifier(Operation(operation), identifier),
            multi_values,
            import_id or secrets.token_hex(8),
            request_number,
        )
        asked._check_identified()
        return asked

    def _check_identified(self) -> None:
        """Raise BulkRefused if a member lacks what it is to be found by."""
        if self.identifier is None:
            return
        names = PROPERTIES[self.identifier]
        for number, member in enumerate(self.members, start=1):
            properties = member.get("properties") if isinstance(member, dict) else None
            if isinstance(properties, dict) and not any(properties.get(name) for name in names):
                words = _("Member {number} has no {name}, by which it is to be found.")
                raise BulkRefused("missing_identifier", words.format(number=number, name=names[0]))

    def rows(self) -> list[Member]:
        """The members as rows; raises BulkRefused for an e-mail address or phone number that stands there twice."""
        rows = [
            member_of(told, line, operation=self.operation, import_id=self.import_id)
            for line, told in enumerate(self.members, start=1)
        ]
        for name, code in (("email", "duplicated_emails"), ("msisdn", "duplicated_msisdns")):
            twice = _twice(row.values.get(name) for row in rows)
            if twice:
                words = _("{value} stands in it more than once.").format(value=twice)
                raise BulkRefused(code, words)
        return _ids_once(rows)


def _identifier(operation: Operation, identifier: str | None) -> Identifier | None:
    """What finds the members. To create, nothing has to; to create or update, anything may unless one is named."""
    if operation == Operation.CREATE:
        return None
    if operation == Operation.UPSERT and identifier is None:
        return None
    return Identifier(identifier or Identifier.ID)


def _twice(values: Any) -> str | None:
    counts = Counter(value for value in values if value)
    return next((value for value, times in counts.items() if times > 1), None)


def _ids_once(rows: list[Member]) -> list[Member]:
    """The rows; the second one with an ID is a row with a problem."""
    seen: dict[str, int] = {}
    for row in rows:
        value = row.values.get("external_id")
        if value and value in seen and row.problem is None:
            words = _("The same stands in member {number} already.").format(number=seen[value])
            row.problem = Problem("id", value, "duplicated_external_id", words)
        elif value:
            seen.setdefault(value, row.line)
    return rows


def bulk_request(*, program: Program, by: User, asked: BulkAsked) -> ImportBulk:
    """Hand a bulk to the engine, in the import of its `import_id`, which is made unless it is there.

    Raises BulkRefused: duplicated_emails, duplicated_msisdns; import_id_taken for an import of a file; and
    duplicated_request_number when the import has a bulk of this number.
    """
    rows = asked.rows()
    with transaction.atomic():
        imported = _import_of(program, by, asked)
        _check_number(imported, asked.request_number)
        last = imported.bulks.aggregate(last=Max("number"))["last"] or 0
        batch = batch_request(
            program=program,
            requester=by,
            kind=InfluencerImport,
            name=_("{file}, bulk {number}").format(file=imported.import_id, number=last + 1),
            rows=[LedgerRow(row.line, payload=row.as_payload()) for row in rows],
            listed=False,
        )
        return ImportBulk.objects.create(
            batch=batch,
            parent=imported,
            number=last + 1,
            request_number=asked.request_number,
            operation=asked.operation,
            identifier=asked.identifier or "",
            multi_values_update_mode=asked.multi_values,
        )


def _import_of(program: Program, by: User, asked: BulkAsked) -> Import:
    """The import, locked: bulks that come at the same time are numbered one after the other."""
    now = timezone.now()
    Import.objects.get_or_create(
        program=program,
        import_id=asked.import_id,
        defaults={
            "requester": by,
            "state": ImportState.STARTED,
            "started_at": now,
            "created_at": now,
            "operation": asked.operation,
            "identifier": asked.identifier or "",
        },
    )
    found = Import.objects.select_for_update().get(program=program, import_id=asked.import_id)
    if found.file_name:
        raise BulkRefused("import_id_taken", _("This import is one of a file. Use another import_id."))
    if found.state == ImportState.ERASED:
        Import.objects.filter(pk=found.pk).update(state=ImportState.STARTED, erased_at=None)
    return found


def _check_number(imported: Import, number: int | None) -> None:
    if number is not None and imported.bulks.filter(request_number=number).exists():
        words = _("The import has a bulk {number} already.").format(number=number)
        raise BulkRefused("duplicated_request_number", words)
