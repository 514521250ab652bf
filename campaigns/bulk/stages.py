"""The kinds that fill a stage: from outside the campaign, or from its other stages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from batches.kinds import DataKind, Line, Outcome, Step
from batches.models import BatchRequest
from batches.states import ItemStatus
from campaigns import workflow
from campaigns.models import Influencer, Stage, StageUpdate
from campaigns.statistics import WORTH_IT, statistics_refresh
from campaigns.workflow import Mover, Skip


class _StageKind(DataKind):
    """What adding and moving share: keys are influencers, and those who were left out are skipped with the reason."""

    type = "BatchWorkflowStatus"
    has_steps = True

    def process(self, batch: BatchRequest, lines: Sequence[Line]) -> Sequence[Outcome]:
        """Bring the influencers of these lines to the batch's stage, in a few statements."""
        update = StageUpdate.objects.select_related("to_stage__campaign__program", "batch__requester").get(
            batch=batch
        )
        by = Mover.of(update.batch.requester, batch_id=batch.pk)
        skipped = self.fill(update.to_stage, lines, by)
        statistics_refresh("campaigns_participant")
        return [_outcome(line.key, skipped) for line in lines]

    def ended(self, batch: BatchRequest) -> None:
        """Once it is said to have ended, which waits for nothing, the planner hears of what has changed."""
        if batch.total >= WORTH_IT:
            transaction.on_commit(_planner_told, robust=True)

    @abstractmethod
    def fill(self, to_stage: Stage, lines: Sequence[Line], by: Mover) -> Mapping[int, Skip]:
        """Bring them there; returns who was left out, and why."""

    def people(self, keys: Sequence[int]) -> dict[int, str]:
        """The names of influencers."""
        return {one.pk: one.name for one in Influencer.objects.filter(pk__in=keys).iterator()}

    def steps(self, batch: BatchRequest, payloads: Mapping[int, Any]) -> dict[int, Step]:
        """By today's names of the campaign's stages, in one query; who is added comes from nowhere."""
        update = StageUpdate.objects.filter(batch=batch)
        found = list(update.values_list("to_stage", "campaign__stages", "campaign__stages__name"))
        names = {stage: name for _to, stage, name in found}
        after = next((names[to_stage] for to_stage, *_stage in found), "")
        return {key: Step(_before(payload, names), after) for key, payload in payloads.items()}


class CampaignAdd(_StageKind):
    """Adds influencers to a campaign, at one of its stages."""

    code = "campaign_add"

    def fill(self, to_stage: Stage, lines: Sequence[Line], by: Mover) -> Mapping[int, Skip]:
        """Those who have come in meanwhile are left where they are."""
        return workflow.add(to_stage=to_stage, influencer_ids=[line.key for line in lines], by=by)


class StageMove(_StageKind):
    """Moves participants to a stage; who was moved by somebody else meanwhile stays there."""

    code = "stage_move"

    def fill(self, to_stage: Stage, lines: Sequence[Line], by: Mover) -> Mapping[int, Skip]:
        """Each line's payload says where its participant stood when the batch was requested."""
        seen_at = {line.key: int(line.payload["from_stage"]) for line in lines}
        return workflow.move(to_stage=to_stage, seen_at=seen_at, by=by)


def _before(payload: Any, names: Mapping[int, str]) -> str:
    stage = (payload or {}).get("from_stage")
    return names.get(int(stage), "") if stage else ""


def _planner_told() -> None:
    statistics_refresh("campaigns_participant", now=True)


def _outcome(key: int, skipped: Mapping[int, Skip]) -> Outcome:
    skip = skipped.get(key)
    if skip is None:
        return Outcome(key, ItemStatus.SUCCEEDED)
    return Outcome(key, ItemStatus.SKIPPED, skip.reason, skip.detail)
