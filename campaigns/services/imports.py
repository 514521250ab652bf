"""Importing a file: upload, columns, check, start; and the same for the command, in one go."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.lib.csvfiles import Table, table_open
from batches.ledger import LedgerRow
from batches.refusals import NotPossible
from batches.services import batch_request, batch_stop
from campaigns.bulk import InfluencerImport
from campaigns.bulk.imports import BULK_SIZE
from campaigns.importing.columns import MappingProblem, columns_recognise, identifier_of, mapping_complete
from campaigns.importing.dry_run import dry_run
from campaigns.importing.endings import import_end_tell
from campaigns.importing.files import import_table
from campaigns.importing.remembered import mapping_recall
from campaigns.importing.rows import Member, members_read
from campaigns.models import Import, ImportBulk
from campaigns.states import Identifier, ImportState, Operation

SAMPLED_ROWS = 200


class ImportProblem(ValueError):
    """What was asked can't be done with this import now; `str()` says why."""


def import_upload(*, program: Program, by: User, file: BinaryIO, name: str) -> Import:
    """Keep an uploaded file as an import that has not been started, its columns recognised, or as they were before.

    Raises FileProblem, and keeps nothing, for anything that isn't a table with rows.
    """
    name = PurePath(name).name[:250] or "file"
    table = table_open(file, name=name)
    samples = [row.values for row in islice(table.rows(), SAMPLED_ROWS)]
    recognised = columns_recognise(table.headers, samples, file_name=name)
    known = mapping_recall(program, recognised)
    imported = Import(
        program=program,
        requester=by,
        import_id=secrets.token_hex(8),
        file_name=name,
        mapping=known.mapping,
        source={
            **table.facts.as_dict(),
            "headers": table.headers,
            "samples": samples[:3],
            "recognised": recognised,
            "as_in": known.as_in,
        },
    )
    file.seek(0)
    imported.file.save(f"{imported.import_id}.{table.facts.kind}", File(file), save=False)
    imported.save()
    return imported


def import_prepare(
    *,
    imported: Import,
    columns: Mapping[str, str] | None = None,
    operation: Operation | str | None = None,
    identifier: Identifier | str | None = None,
) -> None:
    """Say what the columns are, what is to be done with the rows, and by what their influencers are found.

    Raises MappingProblem (and changes nothing) for an unknown column or field, two columns for one field, and when no
    column, or not the one asked for, can tell who is who; ImportProblem once it has been started.
    """
    mapping = mapping_complete(imported.mapping, columns or {}, file_name=imported.file_name)
    found_by = _identifier(mapping, identifier)
    changed = Import.objects.filter(pk=imported.pk, state=ImportState.DRAFT).update(
        mapping=mapping,
        operation=Operation(operation or imported.operation),
        identifier=found_by,
        check_result={},
    )
    if not changed:
        raise ImportProblem(_("The import has been started already."))
    imported.refresh_from_db()


def _identifier(mapping: Mapping[str, str], wanted: Identifier | str | None) -> str:
    automatic = identifier_of(mapping)
    if not wanted:
        return automatic
    fields = {Identifier.ID: "external_id", Identifier.EMAIL: "email", Identifier.MSISDN: "msisdn"}
    wanted = Identifier(wanted)
    if wanted == Identifier.HANDLE or fields[wanted] in mapping.values():
        return str(wanted)
    raise MappingProblem(
        _("No column is the {field}, by which influencers are to be found.").format(field=wanted.label)
    )


def import_check(*, imported: Import) -> dict[str, object]:
    """What the import would do, without doing any of it: counts that add up, and the first rejected rows.

    The result is kept with the import. Raises FileProblem or MappingProblem.
    """
    if not imported.identifier:
        imported.identifier = identifier_of(imported.mapping)
    with import_table(imported) as table:
        result = dry_run(imported, table)
    Import.objects.filter(pk=imported.pk).update(check_result=result, identifier=imported.identifier)
    imported.check_result = result
    return result


def import_start(*, imported: Import, by: User) -> list[ImportBulk]:
    """Hand the rows to the engine, as bulks of at most 1,000: all of them or, if the file is broken, none.

    Raises ImportProblem when it has been started or erased already, FileProblem or MappingProblem.
    """
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=imported.pk)
        if locked.state != ImportState.DRAFT:
            raise ImportProblem(_("The import has been started already."))
        locked.identifier = locked.identifier or identifier_of(locked.mapping)
        locked.state, locked.started_at, locked.requester = ImportState.STARTED, timezone.now(), by
        locked.created_at = locked.started_at  # the day until it is erased begins with the request
        locked.save()
        with import_table(locked) as table:
            bulks = [_bulk(locked, number, members) for number, members in _lots(locked, table)]
    imported.refresh_from_db()
    return bulks


def _lots(imported: Import, table: Table) -> Iterator[tuple[int, list[Member]]]:
    members = members_read(
        table.rows(), table.headers, imported.mapping, by_handle=imported.identifier == Identifier.HANDLE
    )
    number = 1
    while lot := list(islice(members, BULK_SIZE)):
        yield number, lot
        number += 1


def _bulk(imported: Import, number: int, members: list[Member]) -> ImportBulk:
    batch = batch_request(
        program=imported.program,
        requester=imported.requester,
        kind=InfluencerImport,
        name=_("{file}, bulk {number}").format(file=imported.file_name, number=number),
        rows=[LedgerRow(member.line, payload=member.as_payload()) for member in members],
        listed=False,
    )
    return ImportBulk.objects.create(
        batch=batch,
        parent=imported,
        number=number,
        operation=imported.operation,
        identifier=imported.identifier,
    )


def import_stop(*, imported: Import, by: User) -> int:
    """Stop the bulks that have not ended, and make no more of them; rows that have been written stay.

    Returns how many parts of it were stopped: 0 if it had ended.
    """
    starting = Import.objects.filter(pk=imported.pk, state=ImportState.STARTING)
    stopped = starting.update(state=ImportState.STARTED, worker=None)
    live = [bulk.batch for bulk in imported.bulks.select_related("batch") if bulk.batch.is_live]
    for batch in live:
        with suppress(NotPossible):  # it ended in this moment
            batch_stop(batch=batch, by=by)
    if stopped:
        with transaction.atomic():
            import_end_tell(import_id=imported.pk, stopped_by=by)
    return stopped + len(live)


def import_discard(*, imported: Import) -> bool:
    """Forget an upload that was never started, and its file. False, and nothing done, for one that was started."""
    never_started = [ImportState.DRAFT, ImportState.CHECKING]
    deleted, _rows = Import.objects.filter(pk=imported.pk, state__in=never_started).delete()
    if deleted and imported.file:
        imported.file.delete(save=False)
    return bool(deleted)
