"""After a database was restored from a backup: nothing that may have gone out since then goes out again by itself.

A restored database believes that what was sent after the backup is still to be sent. It can be told from the one it was made
of: its tables were made anew. So workers and schedulers don't start on it until `manage.py after_restore` has been there.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from batches import ledger
from batches.kinds import DataKind, Outcome, SendKind
from batches.models import BatchItem, BatchRequest, Claim, Installation, Notice, WorkerLease
from batches.registry import kind_of
from batches.services import batch_settle, event_record
from batches.states import STOPPABLE, BatchStatus, ItemStatus, MailState

from .sweeper import workers_alive

AT_ONCE = 1_000  # items whose records are written in one go
CLAIMS_SKIPPED = 1_000_000  # so that no claim ever gets the number of one that the lost database had made


class DatabaseRestored(CommandError):
    """This database was restored from a backup, and nobody has said yet what is to become of what it believes.

    Every command that would work on it ends with these words.
    """

    def __init__(self) -> None:
        super().__init__(
            _(
                "This database was restored from a backup or moved, so what it holds as not sent may have been sent. "
                "Run manage.py after_restore first, or, if nothing was sent since the backup, "
                "manage.py after_restore --nothing-was-sent."
            )
        )


@dataclass(slots=True)
class Settled:
    """What was done about a restored database."""

    batches: int = 0
    unknown: int = 0
    not_sent: int = 0
    asked: int = 0  # scheduled batches that now ask before they go out
    held: int = 0  # what the floors above hold back, such as paused channels


def mark_of_database() -> str:
    """What tells this database from every copy that pg_restore makes of it, on whichever server."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || 'batches_batchitem'::regclass::oid"
        )
        return str(cursor.fetchone()[0])


def restored_refuse() -> None:
    """Raise DatabaseRestored unless this is the database that the last workers ran on. The first ones make the note."""
    mark = mark_of_database()
    noted, _made = Installation.objects.get_or_create(pk=1, defaults={"mark": mark})
    if noted.mark != mark:
        raise DatabaseRestored


def restored_accept() -> None:
    """From now on this is the database that everything is sent from."""
    Installation.objects.update_or_create(
        pk=1, defaults={"mark": mark_of_database(), "noted_at": timezone.now()}
    )


def restored_settle() -> Settled:
    """Settle what the backup believes to be unfinished: what may have been sent is unknown, what is data is not done.

    Scheduled batches ask before they go out, mail about ends isn't sent again, and what the apps above name in
    `settings.AFTER_RESTORE` holds back what goes out by itself. Raises RuntimeError while a worker is alive.
    """
    if workers_alive():
        raise RuntimeError(_("Workers are running on this database: stop them first."))
    done = Settled()
    with transaction.atomic():
        _forget_processes()
        Notice.objects.filter(mail_state__in=[MailState.WAITING, MailState.HANDING_OVER]).update(
            mail_state=MailState.FAILED,
            mail_error=_("The database was restored; it may have been sent before."),
        )
    done.held = sum(import_string(path)() for path in settings.AFTER_RESTORE)
    for batch in BatchRequest.objects.live().select_related("program").order_by("pk"):
        with transaction.atomic():
            _settle(batch, done)
        batch_settle(batch.pk)
    restored_accept()
    return done


def _forget_processes() -> None:
    """No process that the backup knows of has a say in it: their journals are about another database."""
    Claim.objects.all().delete()
    WorkerLease.objects.filter(ended_at=None).update(ended_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('batches_claim', 'id'),"
            " nextval(pg_get_serial_sequence('batches_claim', 'id')) + %s)",
            [CLAIMS_SKIPPED],
        )


def _settle(batch: BatchRequest, done: Settled) -> None:
    """One batch that the backup believes to be unfinished."""
    if batch.status in (BatchStatus.SCHEDULED, BatchStatus.OVERDUE):
        if batch.scheduled_for and batch.scheduled_for > timezone.now():
            _ask(batch, done)
            return
        ledger.transition(batch.pk, BatchStatus.QUEUED, sources=[BatchStatus.SCHEDULED, BatchStatus.OVERDUE])
    done.batches += 1
    event_record(batch=batch, what="restored")
    begun = ledger.transition(batch.pk, BatchStatus.STOPPING, sources=STOPPABLE)
    # Of one that was being stopped nothing was begun any more; what is data is in this database or isn't done.
    if not begun or isinstance(kind_of(batch), DataKind):
        moves = ledger.release_pending(batch.pk, reason="restored")
        ledger.move_counts(batch.pk, moves, progress=False)
        done.not_sent += sum(moves.values())
    done.unknown += _doubt(batch)


def _ask(batch: BatchRequest, done: Settled) -> None:
    """It isn't due yet, but it may have been stopped or changed since: somebody says whether it goes out."""
    if ledger.transition(batch.pk, BatchStatus.OVERDUE, sources=[BatchStatus.SCHEDULED]):
        event_record(batch=batch, what="restored")
    done.asked += 1


def _doubt(batch: BatchRequest) -> int:
    """Whoever the backup says has got nothing may have got it since."""
    moves = ledger.doubt(batch.pk, reason="unknown", detail=_("The database was restored from a backup."))
    ledger.move_counts(batch.pk, moves, progress=False)
    kind = kind_of(batch)
    if isinstance(kind, SendKind):
        keys = list(
            BatchItem.objects.filter(batch=batch, status=ItemStatus.UNKNOWN).values_list("key", flat=True)
        )
        for start in range(0, len(keys), AT_ONCE):
            kind.settled(
                batch,
                [Outcome(key, ItemStatus.UNKNOWN, reason="unknown") for key in keys[start : start + AT_ONCE]],
            )
    return sum(moves.values())
