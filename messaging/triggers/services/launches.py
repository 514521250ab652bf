"""Launching a trigger: asked for in one transaction, carried out at once or by a worker, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from batchadmin.accounts.models import ApiToken, User
from batchadmin.accounts.services import token_used
from batches.ledger import LedgerRow
from batches.models import BatchItem, BatchRequest
from batches.services import batch_request
from batches.states import ItemStatus, Lane
from campaigns.states import ChannelType
from messaging.models import Attachment, Trigger, TriggerLaunch
from messaging.providers.registry import provider_of
from messaging.rendering import TemplateFault
from messaging.states import LaunchState
from messaging.triggers.addresses import ledger_rows
from messaging.triggers.asked import FileAsked, LaunchAsked, Matching
from messaging.triggers.bulk import TriggerSend
from messaging.triggers.matching import Miss, profiles_find, shown
from messaging.triggers.message import trigger_compile
from messaging.triggers.wake import hooks_wake_on_commit, launches_wake_on_commit


class LaunchRefused(Exception):
    """The trigger can't be launched; `str()` says why. Nothing was done."""


@transaction.atomic
def launch_request(*, token: ApiToken, by: User, asked: LaunchAsked, later: bool = False) -> TriggerLaunch:
    """Launch a trigger of the token's program for those who are asked for; `later` leaves finding them to a worker.

    The message, its values and its files are frozen with this. Raises LaunchRefused for a trigger that isn't there,
    isn't active, isn't for other systems or can't send.
    """
    trigger = trigger_find(token, asked.trigger_id)
    if asked.files and provider_of(trigger.channel).reaches != ChannelType.EMAIL:
        raise LaunchRefused(_("Files go along with e-mail only, and the trigger sends by another way."))
    token_used(token=token)
    launch = TriggerLaunch.objects.create(
        program=token.program,
        trigger=trigger,
        token=token,
        requester=by,
        channel=trigger.channel,
        subject=trigger.subject,
        body=trigger.body,
        content=asked.content,
        custom_data=asked.custom_data,
        matching=asked.matching,
        field_name=asked.field_name,
        skip_triggers=asked.skip_triggers,
        items=list(asked.items),
        asked=len(asked.items),
    )
    if asked.files:
        launch.attachments.set([file_keep(launch, file) for file in asked.files])
    if later:
        launches_wake_on_commit()
    else:
        _carry_out(launch)
    return launch


def trigger_find(token: ApiToken, trigger_id: int) -> Trigger:
    """The trigger, if it can be launched; raises LaunchRefused."""
    found = Trigger.objects.select_related("channel__program", "program").filter(program=token.program_id)
    trigger = found.filter(pk=trigger_id).first()
    if trigger is None:
        raise LaunchRefused(_("There is no trigger %(id)s in this program.") % {"id": trigger_id})
    if not trigger.is_active:
        raise LaunchRefused(_("The trigger is not active."))
    if not trigger.by_api:
        raise LaunchRefused(_("The trigger is not one that other systems may launch."))
    problem = sending_problem(trigger)
    if problem:
        raise LaunchRefused(problem)
    return trigger


def sending_problem(trigger: Trigger) -> str:
    """Why nothing can be sent by the trigger as it is, in words; empty if nothing is known against it."""
    try:
        trigger_compile(subject=trigger.subject, body=trigger.body)
    except TemplateFault as fault:
        return str(fault)
    return provider_of(trigger.channel).problem()


def file_keep(launch: TriggerLaunch, file: FileAsked) -> Attachment:
    """Store a file that goes along with the launch."""
    kept = Attachment(
        program=launch.program, name=file.name, content_type=file.content_type, size=len(file.data)
    )
    kept.file.save("file", ContentFile(file.data), save=False)
    kept.save()
    return kept


@transaction.atomic
def launch_carry_out(*, launch_id: int) -> bool:
    """Find the profiles of a launch that waits for it, and request its batch. False if it doesn't wait any more."""
    launch = (
        TriggerLaunch.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("trigger", "channel__program", "program", "requester")
        .filter(pk=launch_id, state=LaunchState.WAITING)
        .first()
    )
    if launch is None:
        return False
    problem = "" if launch.trigger.is_active else _("The trigger is not active.")
    problem = problem or sending_problem(launch.trigger)
    if problem:
        launch_refuse(launch_id=launch.pk, words=problem)
    else:
        _carry_out(launch)
    return True


def launch_refuse(*, launch_id: int, words: str) -> None:
    """End a launch that waits: it comes to nothing, for the reason that `words` give."""
    waiting = TriggerLaunch.objects.filter(pk=launch_id, state=LaunchState.WAITING)
    waiting.update(state=LaunchState.REFUSED, error=words, items=[])


def _carry_out(launch: TriggerLaunch) -> None:
    matching, items = Matching(launch.matching), launch.items
    found = profiles_find(
        program=launch.program, matching=matching, field_name=launch.field_name, items=items
    )
    values = {hit.position: shown(matching, items[hit.position - 1]) for hit in found.hits}
    reaches = provider_of(launch.channel).reaches
    rows = ledger_rows(hits=found.hits, reaches=reaches, values=values)
    if rows:
        launch.batch = _batch(launch, rows)
    misses_keep(launch, found.misses)
    launch.missed = len(found.misses)
    own = {hit.key: items[hit.position - 1].get("custom_data") for hit in found.hits}
    hook_calls_make(launch, rows, own)
    launch.state, launch.items = LaunchState.LAUNCHED, []
    launch.save(update_fields=["batch", "missed", "state", "items"])


def _batch(launch: TriggerLaunch, rows: Sequence[LedgerRow]) -> BatchRequest:
    """A few go ahead of all bulk work; many are bulk work."""
    return batch_request(
        program=launch.program,
        requester=launch.requester,
        kind=TriggerSend,
        name=launch.trigger.name,
        rows=rows,
        listed=False,
        lane=Lane.EXPRESS if len(rows) <= settings.BATCH_THRESHOLD else Lane.BULK,
    )


_MISSES = """
INSERT INTO messaging_launchmiss (launch_id, position, value, reason)
SELECT %s, (m ->> 0)::int, m ->> 1, m ->> 2 FROM jsonb_array_elements(%s) AS m
"""


def misses_keep(launch: TriggerLaunch, misses: Sequence[Miss]) -> None:
    """Note which values led to nobody new, and why; one statement for any number."""
    if not misses:
        return
    rows = [[miss.position, miss.value, str(miss.reason)] for miss in misses]
    params: list[Any] = [launch.pk, Jsonb(rows)]
    with connection.cursor() as cursor:
        cursor.execute(_MISSES, params)


_CALLS = """
INSERT INTO messaging_hookcall (hook_id, launch_id, key, custom_data, state, due_at, attempts)
SELECT h.id, %s, p.key, p.custom_data, 'waiting', clock_timestamp(), '[]'
FROM messaging_actionhook h, jsonb_to_recordset(%s) AS p (key bigint, custom_data jsonb)
WHERE h.trigger_id = %s AND h.removed_at IS NULL
"""


def hook_calls_make(launch: TriggerLaunch, rows: Sequence[LedgerRow], own: dict[int, Any]) -> None:
    """A call of each of the trigger's hooks for each profile that is launched. `own`: custom data by profile."""
    keys = [row.key for row in rows if row.status == ItemStatus.PENDING]
    if not keys:
        return
    profiles = [{"key": key, "custom_data": own.get(key)} for key in keys]
    params: list[Any] = [launch.pk, Jsonb(profiles), launch.trigger_id]
    with connection.cursor() as cursor:
        cursor.execute(_CALLS, params)
        if cursor.rowcount:
            hooks_wake_on_commit()


def launched_ids(launch: TriggerLaunch) -> list[int]:
    """The profiles that the launch was for: matched and not skipped then, whatever became of the message."""
    if launch.batch_id is None:
        return []
    # Who was skipped when the launch was made has never been tried.
    items = BatchItem.objects.filter(batch_id=launch.batch_id)
    items = items.exclude(status=ItemStatus.SKIPPED, attempts=0)
    return list(items.order_by("key").values_list("key", flat=True))
