"""Adding people to campaigns and moving them between stages: at once for a few, as a batch request for more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, QuerySet, TextField, Value, When
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.accounts.models import User
from batches.models import BatchRequest
from batches.refusals import LockHeld
from batches.services import batch_request
from batches.states import ItemStatus
from campaigns import workflow
from campaigns.audience import Selection, expected_check
from campaigns.bulk import CampaignAdd, StageMove
from campaigns.models import Participant, Stage, StageUpdate
from campaigns.states import StageAction
from campaigns.workflow import Mover, Skip, SkipReason

Kinds = type[CampaignAdd] | type[StageMove]


class TooManyAtOnce(ValidationError):
    """More people than may be moved in the request itself: they need a batch."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What has been done at once: how many went, and who stayed with the reason (by influencer)."""

    moved: int
    skipped: dict[int, Skip] = field(default_factory=dict)


def participants_move(*, selection: Selection, to_stage: Stage, by: User) -> Moved:
    """Move a few participants now (at most `settings.BATCH_THRESHOLD`), with their history.

    Raises EmptyBatch, AudienceChanged, LockHeld while a batch fills the stage, TooManyAtOnce, or SelectionError;
    then nobody has moved.
    """
    with transaction.atomic():
        _hold(to_stage)
        seen_at: dict[int, int] = dict(
            _at_most_few(selection, selection.participants(to_stage.campaign), "influencer_id", "stage_id")
        )
        skipped = workflow.move(to_stage=to_stage, seen_at=seen_at, by=Mover.of(by))
    return Moved(len(seen_at) - len(skipped), skipped)


def participants_add(*, selection: Selection, to_stage: Stage, by: User) -> Moved:
    """Bring a few influencers into the campaign of `to_stage` now. Raises as `participants_move` does."""
    with transaction.atomic():
        _hold(to_stage)
        chosen = _at_most_few(selection, selection.influencers(to_stage.campaign.program), "pk")
        influencers = [influencer for (influencer,) in chosen]
        skipped = workflow.add(to_stage=to_stage, influencer_ids=influencers, by=Mover.of(by))
    return Moved(len(influencers) - len(skipped), skipped)


def stage_move_request(
    *, selection: Selection, to_stage: Stage, by: User, from_stage: Stage | None = None
) -> BatchRequest:
    """Request a batch that moves the selected participants of the stage's campaign; of `from_stage` alone, if it's given.

    Where each of them stands now is frozen in the ledger; who is there already is skipped from the start.
    Raises EmptyBatch, AudienceChanged, LockHeld (another batch fills the stage), SelectionError, or ValidationError
    for a stage of another campaign.
    """
    _same_campaign(from_stage, to_stage)
    people = selection.participants(to_stage.campaign)
    people = people if from_stage is None else people.filter(stage=from_stage)
    rows = people.order_by().values_list(
        "influencer_id",
        Case(When(stage=to_stage, then=Value(ItemStatus.SKIPPED)), default=Value(ItemStatus.PENDING)),
        Case(When(stage=to_stage, then=Value(SkipReason.ALREADY_THERE)), default=Value("")),
        Case(When(stage=to_stage, then=Value(_("already there"))), default=Value("")),
        JSONObject(from_stage=F("stage_id")),
    )
    return _request(StageMove, rows, selection, to_stage, by, from_stage)


def campaign_add_request(*, selection: Selection, to_stage: Stage, by: User) -> BatchRequest:
    """Request a batch that brings the selected influencers into the campaign of `to_stage`, at that stage.

    Who is in the campaign already stays where they stand and is skipped. Raises as `stage_move_request` does.
    """
    people = selection.influencers(to_stage.campaign.program)
    inside = Exists(Participant.objects.filter(campaign=to_stage.campaign_id, influencer=OuterRef("pk")))
    rows = people.order_by().values_list(
        "pk",
        Case(When(inside, then=Value(ItemStatus.SKIPPED)), default=Value(ItemStatus.PENDING)),
        Case(When(inside, then=Value(SkipReason.ALREADY_IN_CAMPAIGN)), default=Value("")),
        Case(When(inside, then=Value(_("in the campaign already"))), default=Value("")),
        Value(None, output_field=TextField()),
    )
    return _request(CampaignAdd, rows, selection, to_stage, by, None)


def _request(
    kind: Kinds,
    rows: QuerySet[Any, Any],
    selection: Selection,
    to_stage: Stage,
    by: User,
    from_stage: Stage | None,
) -> BatchRequest:
    """The batch and what it is about, in one transaction that nobody who moves a few into the stage can overlap."""
    campaign = to_stage.campaign
    with transaction.atomic():
        _hold(to_stage)
        batch = batch_request(
            program=campaign.program,
            requester=by,
            kind=kind,
            name=to_stage.name,
            campaign_name=campaign.name,
            rows=rows,
            lock=to_stage.lock,
            expected=selection.expected,
        )
        StageUpdate.objects.create(
            batch=batch,
            campaign=campaign,
            from_stage=from_stage,
            to_stage=to_stage,
            action=StageAction.MOVE if kind is StageMove else StageAction.ADD,
        )
    return batch


def _hold(to_stage: Stage) -> None:
    """One at a time decides who may fill a stage. Raises LockHeld while a batch does."""
    Stage.objects.select_for_update(no_key=True).get(pk=to_stage.pk)
    holder = BatchRequest.objects.holding(to_stage.lock).first()
    if holder:
        raise LockHeld(holder)


def _at_most_few(selection: Selection, people: QuerySet[Any], *columns: str) -> list[Any]:
    """The columns of those people, when they are few enough and as many as the person saw."""
    most = settings.BATCH_THRESHOLD
    rows = list(people.order_by("pk").values_list(*columns)[: most + 1])
    if len(rows) > most and (selection.expected is None or selection.expected > most):
        raise TooManyAtOnce(
            ngettext(
                "At most {most:,} person can be moved at once; more need a batch request.",
                "At most {most:,} people can be moved at once; more need a batch request.",
                most,
            ).format(most=most)
        )
    expected_check(selection, len(rows) if len(rows) <= most else people.count())
    return rows


def _same_campaign(from_stage: Stage | None, to_stage: Stage) -> None:
    if from_stage is None:
        return
    if from_stage.campaign_id != to_stage.campaign_id:
        raise ValidationError(
            _("“{one}” and “{other}” are stages of different campaigns.").format(
                one=from_stage, other=to_stage
            )
        )
    if from_stage == to_stage:
        raise ValidationError(_("They are at “{stage}” already.").format(stage=to_stage))
