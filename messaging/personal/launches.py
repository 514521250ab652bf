"""What launches of triggers hold about one person: whom they name while they wait, and what went to nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from batches.states import LIVE
from campaigns.held import lines_of
from campaigns.models import Influencer
from messaging.models import Attachment, TriggerLaunch
from messaging.states import LaunchState
from messaging.triggers.matching import positions_about

Item = dict[str, Any]


def launches_naming(
    influencer: Influencer, identifiers: Sequence[str], *, locked: bool = False
) -> list[tuple[TriggerLaunch, set[int]]]:
    """The launches that wait and name the influencer, and where in them; positions are counted from 1."""
    waiting = TriggerLaunch.objects.filter(program=influencer.program_id, state=LaunchState.WAITING)
    waiting = waiting.select_for_update(of=("self",)) if locked else waiting
    found = [
        (launch, positions_about(launch=launch, influencer=influencer, identifiers=identifiers))
        for launch in waiting.exclude(items=[]).order_by("pk")
    ]
    return [(launch, about) for launch, about in found if about]


def launches_forget(*, influencer: Influencer, identifiers: Sequence[str]) -> None:
    """Make what waits about somebody who is being erased an empty value, which leads to nobody. In the caller's transaction."""
    for launch, about in launches_naming(influencer, identifiers, locked=True):
        launch.items = [{} if number in about else item for number, item in enumerate(launch.items, start=1)]
        launch.save(update_fields=["items"])


def launches_about(influencer: Influencer, identifiers: Sequence[str]) -> Iterator[Item]:
    """What launches hold about the influencer, for them to have: what waits and names them, and what was for nobody else."""
    for launch, about in launches_naming(influencer, identifiers):
        for number in sorted(about):
            yield {"launch_id": launch.pk, "waits": True, "named": launch.items[number - 1]}
    for launch in launches_alone(influencer).prefetch_related("attachments").order_by("pk"):
        files = [sent_path(file) for file in launch.attachments.all()]
        told = {"content": launch.content, "custom_data": launch.custom_data, "files": files}
        yield {"launch_id": launch.pk, "waits": False, **told}


def sent_path(file: Attachment) -> str:
    """Where a file that was sent to them alone stands in the export."""
    return f"sent/{file.pk}-{file.name.replace('/', '_')}"


def launches_alone(influencer: Influencer) -> QuerySet[TriggerLaunch]:
    """The launches that were for the influencer and nobody else."""
    batches = lines_of(influencer).order_by().values_list("batch_id", flat=True)
    return TriggerLaunch.objects.filter(batch__in=list(batches), asked=1, batch__total=1)


def launches_empty(influencer: Influencer) -> None:
    """Empty what was for nobody else, once it has gone out: what the other system told about them, and the files."""
    launches = launches_alone(influencer).exclude(batch__status__in=LIVE)
    for file in Attachment.objects.filter(launches__in=launches).distinct():
        transaction.on_commit(partial(file.file.storage.delete, str(file.file.name)))
        file.delete()
    launches.exclude(content={}, custom_data={}).update(content={}, custom_data={})
