"""What takes long about an import: checking all rows, handing them to the engine. A worker does it, piece by piece.

An import names the worker that has it in hand, by its lease. Each piece is a transaction that asks first whether that is still
so; whoever comes after a worker that died begins a check anew, and goes on with a start where the last bulk stands.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max, QuerySet, Sum, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.lib.commits import commit_unflushed
from batches.engine.slices import WorkerBroken
from batches.ledger import LedgerRow
from batches.models import BatchItem
from batches.services import batch_request
from batches.states import ENDED, ItemStatus, Lane
from batches.wake import wake_job
from campaigns.bulk import InfluencerImport
from campaigns.bulk.imports import BULK_SIZE
from campaigns.importing.dry_run import dry_run
from campaigns.importing.endings import import_end_tell
from campaigns.importing.files import import_table
from campaigns.importing.rows import Member, members_read
from campaigns.models import Import, ImportBulk
from campaigns.services.imports import ImportProblem
from campaigns.states import Identifier, ImportState, MultiValues

log = logging.getLogger("campaigns.imports")
JOB = "campaigns.jobs.imports_serve"

Between = Callable[[], bool]  # called between two pieces; False: this worker is to end


class _NotOurs(Exception):
    """The import was stopped, dropped or erased, or somebody else has it in hand."""


class _Ending(Exception):
    """Somebody else goes on: this worker is to end, or has to begin anew behind what is there."""


def import_check_request(*, imported: Import) -> None:
    """Have all rows of an upload checked. Raises ImportProblem if it has been started."""
    _move(imported, ImportState.DRAFT, ImportState.CHECKING, check_result={})


def import_check_cancel(*, imported: Import) -> None:
    """Let the check be. Nothing happens if it has ended."""
    waiting = Import.objects.filter(pk=imported.pk, state=ImportState.CHECKING)
    waiting.update(state=ImportState.DRAFT, worker=None)


def import_start_request(*, imported: Import, by: User) -> None:
    """Have the rows of a checked upload imported. Raises ImportProblem if it has been started, or was not checked."""
    if not imported.check_result:
        raise ImportProblem(_("The rows haven't been checked yet."))
    now = timezone.now()  # the day until it is erased begins with the request
    _move(imported, ImportState.DRAFT, ImportState.STARTING, requester=by, started_at=now, created_at=now)


def import_restart(*, imported: Import, by: User) -> None:
    """Have those rows imported that were not: stopped, given up, or never handed over. Not those that were rejected.

    A second call finds it started and changes nothing. Raises ImportProblem once it is erased.
    """
    if imported.state == ImportState.STARTING:
        return
    _move(imported, ImportState.STARTED, ImportState.STARTING, requester=by)


def _move(imported: Import, source: ImportState, target: ImportState, **sets: Any) -> None:
    fresh = {"worker": None, "rows_seen": 0, "percent_seen": None, "problem": ""}
    found = Import.objects.filter(pk=imported.pk, state=source)
    if not found.update(state=target, **fresh, **sets):
        imported.refresh_from_db()
        if imported.state == ImportState.ERASED:
            raise ImportProblem(_("The file and its rows have been erased. Upload it again."))
        raise ImportProblem(_("The import has been started already."))
    imported.refresh_from_db()
    transaction.on_commit(lambda: wake_job(JOB, Lane.BULK))


def import_carry_on(*, import_id: int, worker: uuid.UUID, between: Between) -> None:
    """Do what an import waits for, if no other worker has it in hand.

    A file that can't be read on costs this import its check or the rest of its rows, with the words on its page. Raises
    OperationalError or InterfaceError when the database goes away; another worker then takes it over.
    """
    if not Import.objects.waiting_for_a_worker().filter(pk=import_id).update(worker=worker):
        return
    imported = Import.objects.select_related("program", "requester").get(pk=import_id)
    try:
        if imported.state == ImportState.CHECKING:
            _check(imported, between)
        elif imported.state == ImportState.STARTING:
            _start(imported, between)
    except _NotOurs:
        return
    except _Ending:
        _mine(imported).update(worker=None)
    except (OperationalError, InterfaceError, WorkerBroken):
        raise
    except ValueError as error:  # FileProblem, MappingProblem: each in plain words
        _give_up(imported, str(error))
    except Exception as error:  # the other imports are not to wait for this one
        log.exception("Import %s broke", import_id)
        _give_up(imported, _("It broke off: {error}").format(error=f"{type(error).__name__}: {error}"[:300]))


def _mine(imported: Import) -> QuerySet[Import]:
    return Import.objects.filter(pk=imported.pk, worker=imported.worker, state=imported.state)


def _give_up(imported: Import, words: str) -> None:
    is_check = imported.state == ImportState.CHECKING
    state = ImportState.DRAFT if is_check else ImportState.STARTED
    with transaction.atomic():
        if _mine(imported).update(state=state, worker=None, problem=words.replace("\0", "")) and not is_check:
            import_end_tell(import_id=imported.pk)


def _check(imported: Import, between: Between) -> None:
    def seen(rows: int, percent: int | None) -> None:
        if not _mine(imported).update(rows_seen=rows, percent_seen=percent):
            raise _NotOurs
        if not between():
            raise _Ending

    with import_table(imported) as table:
        result = dry_run(imported, table, seen)
    _mine(imported).update(state=ImportState.DRAFT, worker=None, check_result=result)


def _start(imported: Import, between: Between) -> None:
    stopped = imported.bulks.filter(
        batch__status__in=ENDED, batch__not_sent__gt=0, batch__restarted_as=None, erased_at=None
    )
    for bulk in stopped.select_related("batch").order_by("number"):
        _again(imported, bulk)
        if not between():
            raise _Ending
    last = _rest(imported, between)
    with transaction.atomic():
        _lock(imported)
        if last and not imported.bulks.filter(pk=last.pk).exists():
            raise _Ending
        _mine(imported).update(state=ImportState.STARTED, worker=None)
        import_end_tell(import_id=imported.pk)


def _rest(imported: Import, between: Between) -> ImportBulk | None:
    """Hand the rows over that have not been: bulks are made in the file's order, so it's those after so many.

    Returns the last bulk that it made.
    """
    first = imported.bulks.filter(batch__restart_of=None)
    handed = first.aggregate(rows=Sum("batch__total"))["rows"] or 0
    if not imported.file or handed >= imported.check_result.get("rows", handed + 1):
        return None
    by_handle = imported.identifier == Identifier.HANDLE
    with import_table(imported) as table:
        members = members_read(table.rows(), table.headers, imported.mapping, by_handle=by_handle)
        members = islice(members, handed, None)
        last: ImportBulk | None = None
        while lot := list(islice(members, BULK_SIZE)):
            last = _hand_over(imported, lot, last)
            if not between():
                raise _Ending
    return last


def _hand_over(imported: Import, lot: Sequence[Member], former: ImportBulk | None) -> ImportBulk:
    """Make the next bulk, if the former one is still there; its commit waits for no disk.

    A crash of the database may have lost it, unnoticed behind a pooler: then the start begins anew, behind what is there.
    """
    rows = [LedgerRow(member.line, payload=member.as_payload()) for member in lot]
    with transaction.atomic():
        commit_unflushed()
        _lock(imported)
        bulk = _request(imported, rows)
        if former and bulk.number != former.number + 1:
            raise _Ending
    return bulk


def _again(imported: Import, bulk: ImportBulk) -> None:
    """Request the rows of a bulk that were not processed anew."""
    left = BatchItem.objects.filter(batch=bulk.batch, status=ItemStatus.NOT_SENT).order_by()
    rows = left.values_list(
        "key",
        Value(str(ItemStatus.PENDING)),
        Value(""),
        Value(""),
        Cast("payload", BatchItem._meta.get_field("payload")),
    )
    with transaction.atomic():
        _lock(imported)
        _request(imported, rows, restart_of=bulk)


def _lock(imported: Import) -> None:
    """Keep everybody else from this import until the end of the transaction; raises _NotOurs if it isn't ours any more."""
    if _mine(imported).select_for_update(no_key=True).values_list("pk").first() is None:
        raise _NotOurs


def _request(imported: Import, rows: Any, *, restart_of: ImportBulk | None = None) -> ImportBulk:
    number = (imported.bulks.aggregate(last=Max("number"))["last"] or 0) + 1
    batch = batch_request(
        program=imported.program,
        requester=imported.requester,
        kind=InfluencerImport,
        name=_("{file}, bulk {number}").format(file=imported, number=number),
        rows=rows,
        listed=False,
        restart_of=restart_of.batch if restart_of else None,
    )
    return ImportBulk.objects.create(
        batch=batch,
        parent=imported,
        number=number,
        operation=restart_of.operation if restart_of else imported.operation,
        identifier=restart_of.identifier if restart_of else imported.identifier,
        multi_values_update_mode=restart_of.multi_values_update_mode if restart_of else MultiValues.REPLACE,
    )
