"""What this app answers when the floors below tell of something; connected when the app is ready."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver

from batchadmin.accounts.models import User
from campaigns.models import Campaign, Influencer, Participant, Stage
from campaigns.signals import (
    campaign_created,
    date_names_asked,
    date_set_asked,
    influencer_erasure_asked,
    influencer_leaving,
    influencer_swept,
    stage_entered,
    stage_entry_asked,
    stage_removal_asked,
)

from .automation.dated import date_names_awaited, date_words
from .automation.entries import entries_answer, entry_consequences
from .automation.usage import stage_needs
from .models import InboundFile
from .personal.erasing import erasure_words, person_empty
from .personal.launches import launches_forget
from .services.starters import starters_create


@receiver(post_delete, sender=InboundFile, dispatch_uid="messaging.files")
def file_deleted(*, instance: InboundFile, **_rest: Any) -> None:
    """Whoever is erased takes their files along, once that is committed."""
    if instance.file:
        transaction.on_commit(lambda: instance.file.storage.delete(str(instance.file.name)))


@receiver(stage_entered, dispatch_uid="messaging.entries")
def entered(*, stage: Stage, change_ids: Sequence[int], by: User | None, **_rest: Any) -> None:
    """Send the stage's templates to those who came in, in the transaction that moved them."""
    entries_answer(stage=stage, change_ids=change_ids, by=by)


@receiver(stage_entry_asked, dispatch_uid="messaging.consequences")
def asked(*, stage: Stage, influencers: QuerySet[Influencer, Any], **_rest: Any) -> list[str]:
    """What would be sent to them."""
    return entry_consequences(stage=stage, influencers=influencers)


@receiver(date_names_asked, dispatch_uid="messaging.date_names")
def date_named(*, campaign: Campaign, **_rest: Any) -> list[str]:
    """The dates that templates of the campaign go out on."""
    return date_names_awaited(campaign=campaign)


@receiver(date_set_asked, dispatch_uid="messaging.date_words")
def date_asked(
    *,
    campaign: Campaign,
    participants: QuerySet[Participant, Any],
    name: str,
    day: date | None,
    **_rest: Any,
) -> list[str]:
    """What would be sent to them on account of the date."""
    return date_words(campaign=campaign, participants=participants, name=name, day=day)


@receiver(stage_removal_asked, dispatch_uid="messaging.stage_needs")
def removal_asked(*, stage: Stage, **_rest: Any) -> list[str]:
    """What still needs it."""
    return stage_needs(stage)


@receiver(campaign_created, dispatch_uid="messaging.starters")
def created(*, campaign: Campaign, by: User, **_rest: Any) -> None:
    """Give a new campaign its first templates."""
    starters_create(campaign=campaign, by=by)


@receiver(influencer_leaving, dispatch_uid="messaging.launches_forget")
def leaving(*, influencer: Influencer, identifiers: Sequence[str], **_rest: Any) -> None:
    """Take them out of launches that wait."""
    launches_forget(influencer=influencer, identifiers=identifiers)


@receiver(influencer_swept, dispatch_uid="messaging.erasure")
def swept(*, influencer: Influencer, identifiers: Sequence[str], **_rest: Any) -> None:
    """Empty their chats."""
    person_empty(influencer=influencer, identifiers=identifiers)


@receiver(influencer_erasure_asked, dispatch_uid="messaging.erasure_words")
def erasure_asked(*, influencer: Influencer, **_rest: Any) -> list[str]:
    """What would go of their chats."""
    return erasure_words(influencer)
