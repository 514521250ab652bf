"""Late news of items, and a manager's word on unknown outcomes."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batches import ledger
from batches.kinds import Outcome, SendKind
from batches.models import BatchRequest
from batches.registry import kind_of
from batches.states import ItemStatus

from .auditing import batch_audit
from .ending import event_record


def items_settle(
    *, batch_id: int, outcomes: Sequence[Outcome], by: str = "", only_unknown: bool = False
) -> int:
    """Late news of items: unknown ones that turn out, sent ones that bounce. What the table of states forbids is ignored.

    `by` names the manager whose word it is. The batch's status stays as it ended; its counts change. Returns how many changed.
    """
    batch = BatchRequest.objects.select_related("program").get(pk=batch_id)
    kind = kind_of(batch)
    with transaction.atomic():
        if isinstance(kind, SendKind):
            kind.hold(batch, [outcome.key for outcome in outcomes])
        moves, changed = ledger.settle_outcomes(batch_id, outcomes, only_unknown=only_unknown)
        if not changed:
            return 0
        if isinstance(kind, SendKind):
            wanted = set(changed)
            kind.settled(batch, [outcome for outcome in outcomes if outcome.key in wanted])
        late = moves[ItemStatus.SUCCEEDED.value, ItemStatus.FAILED.value]
        # Locked: another worker may end the batch between this look and the counts, and then nobody would say "since".
        batch = BatchRequest.objects.select_for_update(no_key=True).get(pk=batch_id)
        if late and not batch.is_live:
            BatchRequest.objects.filter(pk=batch_id).update(failed_since_end=F("failed_since_end") + late)
        if by:
            event_record(batch=batch, what="decided", who=by, detail=f"{outcomes[0].status} {len(changed)}")
        ledger.move_counts(batch_id, moves, progress=False)
    return len(changed)


def items_decide(
    *, batch: BatchRequest, status: ItemStatus, by: User, keys: Sequence[int] | None = None
) -> int:
    """A manager's word on unknown outcomes: succeeded or failed, for these keys or for all. Returns how many it settled."""
    unknown = batch.items.filter(status=ItemStatus.UNKNOWN)
    if keys is not None:
        unknown = unknown.filter(key__in=keys)
    outcomes = [
        Outcome(key, status, "decided", _("{who} marked it so").format(who=by.email))
        for key in unknown.values_list("key", flat=True)
    ]
    if not outcomes:
        return 0
    # Only what is still unknown: a receipt that came meanwhile knows better than a person who looked before it.
    with transaction.atomic():
        settled = items_settle(batch_id=batch.pk, outcomes=outcomes, by=by.email, only_unknown=True)
        if settled:
            batch_audit(batch, by, "batch.decided", outcome=str(status), items=settled)
    return settled
