"""Moving participants: a few statements for any number of them, with history, in the caller's transaction.

Whoever moves people locks their rows in the order of their ids, so two moves never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from campaigns.models import Campaign, Influencer, Participant, Stage, StageChange
from campaigns.signals import stage_entered


class SkipReason(StrEnum):
    """Why somebody was not moved, or not added."""

    ALREADY_THERE = "already_there"
    ALREADY_IN_CAMPAIGN = "already_in_campaign"
    MOVED_MEANWHILE = "moved_meanwhile"
    NOT_IN_CAMPAIGN = "not_in_campaign"
    ERASED = "erased"


@dataclass(slots=True, frozen=True)
class Skip:
    """Why one influencer was left where they are: a code, and words."""

    reason: SkipReason
    detail: str


@dataclass(slots=True, frozen=True)
class Mover:
    """On whose word people are moved, for their history; `batch_id` when a batch does it."""

    user: User | None
    name: str
    batch_id: int | None = None

    @classmethod
    def of(cls, user: User, batch_id: int | None = None) -> Mover:
        return cls(user=user, name=user.get_full_name(), batch_id=batch_id)


@dataclass(slots=True, frozen=True)
class _Standing:
    participant_id: int
    stage_id: int


def move(*, to_stage: Stage, seen_at: Mapping[int, int], by: Mover) -> dict[int, Skip]:
    """Move influencers to a stage of the campaign they are in, write their history, and tell `stage_entered`.

    `seen_at` says for each influencer the id of the stage where they stood when this was decided: who stands
    elsewhere by now stays there. Returns those who were not moved, with the reason. Needs a transaction.
    """
    standing = _lock(to_stage.campaign_id, list(seen_at))
    going = {
        key: standing[key].participant_id
        for key, seen in seen_at.items()
        if key in standing and standing[key].stage_id == seen != to_stage.pk
    }
    _enter(to_stage, {participant: seen_at[key] for key, participant in going.items()}, by)
    left = {key: standing.get(key) for key in seen_at if key not in going}
    return _reasons(left, to_stage)


def add(*, to_stage: Stage, influencer_ids: Sequence[int], by: Mover) -> dict[int, Skip]:
    """Bring influencers into the campaign of `to_stage`, at that stage, with history and `stage_entered`.

    Returns those who were not added, with the reason. Needs a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_participant (campaign_id, influencer_id, stage_id, entered_stage_at, dates)"
            " SELECT %s, id, %s, clock_timestamp(), '{}' FROM campaigns_influencer"
            " WHERE id = ANY(%s) AND program_id = %s AND erased_at IS NULL ORDER BY id"
            " ON CONFLICT (campaign_id, influencer_id) DO NOTHING RETURNING id, influencer_id",
            [to_stage.campaign_id, to_stage.pk, list(influencer_ids), to_stage.campaign.program_id],
        )
        added = {influencer: participant for participant, influencer in cursor.fetchall()}
    _write_history(to_stage, dict.fromkeys(added.values(), None), by)
    return _reasons_not_added([key for key in influencer_ids if key not in added], to_stage.campaign)


def _lock(campaign_id: int, influencer_ids: list[int]) -> dict[int, _Standing]:
    """Where these influencers stand now, by influencer, with their participants locked."""
    with connection.cursor() as cursor:
        cursor.execute(  # one array, where the ORM writes and binds each of thousands of ids by itself
            "SELECT influencer_id, id, stage_id FROM campaigns_participant"
            " WHERE campaign_id = %s AND influencer_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [campaign_id, influencer_ids],
        )
        return {influencer: _Standing(participant, stage) for influencer, participant, stage in cursor}


def _enter(to_stage: Stage, came_from: Mapping[int, int], by: Mover) -> None:
    """Set the stage of locked participants and write where each came from."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_participant SET stage_id = %s, entered_stage_at = clock_timestamp() WHERE id = ANY(%s)",
            [to_stage.pk, list(came_from)],
        )
    _write_history(to_stage, came_from, by)


def _write_history(to_stage: Stage, came_from: Mapping[int, int | None], by: Mover) -> None:
    """One StageChange for each participant, and the signal; nothing for nobody."""
    if not came_from:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_stagechange"
            " (participant_id, from_stage_id, to_stage_id, at, by_user_id, by_name, batch_id)"
            " SELECT participant, came_from, %s, clock_timestamp(), %s, %s, %s"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS moved (participant, came_from) RETURNING id",
            [
                to_stage.pk,
                by.user.pk if by.user else None,
                by.name,
                by.batch_id,
                list(came_from),
                list(came_from.values()),
            ],
        )
        change_ids = [change for (change,) in cursor.fetchall()]
    stage_entered.send(Stage, stage=to_stage, change_ids=change_ids, by=by.user, batch_id=by.batch_id)


def _reasons(left: Mapping[int, _Standing | None], to_stage: Stage) -> dict[int, Skip]:
    elsewhere = [
        standing.participant_id
        for standing in left.values()
        if standing is not None and standing.stage_id != to_stage.pk
    ]
    latest = _latest_changes(elsewhere)
    return {key: _reason(standing, to_stage, latest) for key, standing in left.items()}


def _reason(standing: _Standing | None, to_stage: Stage, latest: Mapping[int, StageChange]) -> Skip:
    if standing is None:
        return Skip(SkipReason.NOT_IN_CAMPAIGN, _("not in the campaign any more"))
    if standing.stage_id == to_stage.pk:
        return Skip(SkipReason.ALREADY_THERE, _("already at {stage}").format(stage=to_stage.name))
    change = latest.get(standing.participant_id)
    if change is None:
        return Skip(SkipReason.MOVED_MEANWHILE, _("moved elsewhere meanwhile"))
    words = _("moved to {stage} by {who}").format(stage=change.to_stage.name, who=change.by_name)
    return Skip(SkipReason.MOVED_MEANWHILE, words)


def _latest_changes(participant_ids: list[int]) -> dict[int, StageChange]:
    """The newest step of each participant."""
    if not participant_ids:
        return {}
    newest_first = StageChange.objects.filter(participant__in=participant_ids).order_by("participant", "-pk")
    return {
        change.participant_id: change
        for change in newest_first.distinct("participant").select_related("to_stage")
    }


def _reasons_not_added(influencer_ids: list[int], campaign: Campaign) -> dict[int, Skip]:
    if not influencer_ids:
        return {}
    stages = dict(
        Participant.objects.filter(campaign=campaign, influencer__in=influencer_ids).values_list(
            "influencer_id", "stage__name"
        )
    )
    known = set(
        Influencer.objects.filter(
            pk__in=influencer_ids, program=campaign.program_id, erased_at=None
        ).values_list("pk", flat=True)
    )
    return {key: _reason_not_added(stages.get(key), is_known=key in known) for key in influencer_ids}


def _reason_not_added(stage_name: str | None, *, is_known: bool) -> Skip:
    if stage_name is not None:
        words = _("in the campaign already, at {stage}").format(stage=stage_name)
        return Skip(SkipReason.ALREADY_IN_CAMPAIGN, words)
    if not is_known:
        return Skip(SkipReason.ERASED, _("erased from the program"))
    return Skip(SkipReason.NOT_IN_CAMPAIGN, _("could not be added"))
