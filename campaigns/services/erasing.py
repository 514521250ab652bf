"""Erasing an influencer: what is known of them goes, what was done stays, without a name."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.accounts.services import audit_forget, audit_record
from batchadmin.lib.apart import each_apart
from batchadmin.lib.passing import again_if_passing
from batches.models import BatchItem
from batches.states import ItemStatus
from campaigns.held import identifiers_of, import_lines_of, lines_of
from campaigns.importing.rows import Member, Problem
from campaigns.kept import opt_outs_keep
from campaigns.models import Erasure, ImportBulk, Influencer, OptChange
from campaigns.signals import influencer_leaving, influencer_swept
from campaigns.workflow import SkipReason

log = logging.getLogger("campaigns.erasing")

SWEPT_FOR = timedelta(hours=1)  # how long something that was in flight then may still write what it had read
AT_ONCE = 500
_READ = (ItemStatus.SUCCEEDED, ItemStatus.FAILED, ItemStatus.SKIPPED)


def influencer_erase(*, influencer: Influencer, by: User) -> bool:
    """Erase all that is known of the influencer; that `by` did it stays in the audit trail. False if it was done already.

    The ledger, the history of stages and the times of messages stay, without name, address or text. What the person
    asked not to get is kept as keyed hashes. Whatever is in flight finishes; it is swept again for an hour. Raises
    StillBusy if others are at the same rows each time that it is tried.
    """
    # By themselves and first: a worker at an import holds rows before it holds influencers.
    again_if_passing(partial(_import_rows_forget, influencer))
    return again_if_passing(partial(_erase, influencer, by))


@transaction.atomic
def _erase(influencer: Influencer, by: User) -> bool:
    # Not against new chats: a worker that writes one holds lines of the ledger, which are emptied below.
    locked = Influencer.objects.select_for_update(no_key=True, of=("self",)).select_related("program")
    person = locked.filter(pk=influencer.pk).present().first()
    if person is None:
        return False
    named = identifiers_of(person)
    opt_outs_keep(influencer=person)
    audit_forget(program=person.program, influencer_id=person.pk)
    Erasure.objects.create(influencer=person)
    influencer_leaving.send(Influencer, influencer=person, identifiers=named)
    _profile_empty(person)
    _sweep(person, named)
    audit_record(
        program=person.program,
        actor=by,
        action="influencer.erased",
        subject=_("Influencer {number}").format(number=person.pk),
        influencer=person.pk,
    )
    return True


def erasures_sweep(*, now: datetime) -> int:
    """Empty once more what was written by whoever had read it before. Returns how many people were looked at."""
    open_ones = Erasure.objects.filter(settled_at=None).select_related("influencer").order_by("at")

    def sweep_one(erasure: Erasure) -> int:
        again_if_passing(partial(_sweep_again, erasure, now))
        return 1

    return each_apart(open_ones[:AT_ONCE], sweep_one, log=log, words="%r can't be swept")


@transaction.atomic
def _sweep_again(erasure: Erasure, now: datetime) -> None:
    _sweep(erasure.influencer, [])
    if erasure.at <= now - SWEPT_FOR:
        Erasure.objects.filter(pk=erasure.pk).update(settled_at=now)


def _profile_empty(person: Influencer) -> None:
    person.first_name = person.last_name = ""
    person.email = person.msisdn = person.external_id = None
    person.handles, person.tags, person.attributes = {}, [], {}
    person.updated_at = person.erased_at = timezone.now()
    person.save()


def _sweep(person: Influencer, named: list[str]) -> None:
    """What hangs on the influencer: here, on the floors above, and in the ledger, in the order in which receipts lock it."""
    influencer_swept.send(Influencer, influencer=person, identifiers=named)
    person.subscriptions.all().delete()
    person.opt_outs.all().delete()
    OptChange.objects.filter(influencer=person).delete()
    person.participations.exclude(dates={}).update(dates={})
    batches = lines_of(person).order_by().values_list("batch_id", flat=True)
    with connection.cursor() as cursor:
        # Where a participant stood is no word about the person, and a move can't be done without it.
        cursor.execute(
            "UPDATE batches_batchitem SET detail = '', payload = payload - 'to' - 'by'"
            " WHERE batch_id = ANY(%s) AND key = %s AND (detail <> '' OR payload ?| ARRAY['to', 'by'])",
            [list(batches), person.pk],
        )


@transaction.atomic
def _import_rows_forget(person: Influencer) -> None:
    """Rows of imports about the person. What has not been read yet becomes a row that is rejected: it doesn't bring them back."""
    named = identifiers_of(person)
    rows = list(import_lines_of(person).order_by("batch_id", "key").values_list("batch_id", "key"))
    words = _("Erased from the program")
    problem = Problem("", "", str(SkipReason.ERASED), words)
    for batch_id, key in rows:
        instead = Member(key, problem=problem).as_payload()
        lines = BatchItem.objects.filter(batch_id=batch_id, key=key)
        lines.exclude(status__in=_READ).update(detail="", payload=instead)
        lines.filter(status__in=_READ).update(detail="", payload=None)
    bulks = ImportBulk.objects.filter(parent__program=person.program_id, erased_at=None)
    for bulk in bulks.exclude(errors=[]).select_for_update(of=("self",)).order_by("pk"):
        left = [one for one in bulk.errors if not any(str(value) in named for value in one.values())]
        if left != bulk.errors:
            ImportBulk.objects.filter(pk=bulk.pk).update(errors=left)
