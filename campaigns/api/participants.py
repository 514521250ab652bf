"""Participants of a campaign: where they stand, and their dates, which templates go out by."""

from datetime import date, datetime
from typing import Annotated, Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Body, Path, Query, Router
from pydantic import BaseModel, ConfigDict, Field

from batchadmin.accounts.api.callers import MAY_MANAGE, MAY_READ, ApiRequest
from batchadmin.accounts.api.pages import Id, PageAsked, page_document
from batchadmin.accounts.api.problems import ERRORS, Problem
from batchadmin.accounts.api.repeats import repeatable
from batchadmin.accounts.services import token_person
from campaigns.api.audiences import STRICT, Audience
from campaigns.api.workflow import CampaignId
from campaigns.audience import Selection
from campaigns.dates import date_name_clean, day_clean
from campaigns.models import Campaign, Participant
from campaigns.services import NoParticipants, participants_date, participants_dates

router = Router(tags=["Campaigns"])
MOST_DATES = 50
MOST_TOLD = 100  # faults in one answer
MOST_AT_ONCE = 1_000  # participants in one call, as members in a bulk of an import
InfluencerId = Annotated[Id, Path(description="The influencer's number")]
Text = Annotated[str, Field(max_length=200)]


class ParticipantOut(BaseModel):
    """One influencer in a campaign."""

    influencer: int = Field(description="The influencer's number")
    stage: int = Field(description="Where they stand")
    entered_stage_at: datetime
    dates: dict[str, str] = Field(
        description="Such as event: 2026-05-01; templates go out days before or after them"
    )


class ParticipantPage(BaseModel):
    """A page of participants, by the influencers' ids."""

    items: list[ParticipantOut]
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class ParticipantsAsked(PageAsked):
    """Which participants, and which page of them."""

    model_config = ConfigDict(strict=False, extra="ignore")

    stage: Id | None = Field(None, description="Only those who stand at this stage")


class DatesIn(BaseModel):
    """Dates to set. What isn't named stays; null takes a date away."""

    model_config = STRICT

    dates: dict[Text, Text | None] = Field(
        min_length=1, max_length=MOST_DATES, description="By name, each as year-month-day"
    )


class OneIn(BaseModel):
    """One participant's dates."""

    model_config = STRICT

    influencer: Id = Field(description="The influencer's number")
    dates: dict[Text, Text | None] = Field(
        min_length=1,
        max_length=MOST_DATES,
        description="By name, each as year-month-day; null takes one away",
    )


class EachIn(BaseModel):
    """Dates of many participants, each with their own. What isn't named stays."""

    model_config = STRICT

    participants: list[OneIn] = Field(min_length=1, max_length=MOST_AT_ONCE)


class EachSet(BaseModel):
    """What was set."""

    changed: int = Field(description="How many participants did not have all of it like that before")


class DateIn(BaseModel):
    """One date for many participants."""

    model_config = STRICT

    name: Text = Field(description="Such as event: letters from a to z, digits and underscores")
    day: Text | None = Field(description="Year-month-day; null takes the date away")
    audience: Audience


class DateSet(BaseModel):
    """What was set."""

    name: str
    day: str | None
    changed: int = Field(description="How many participants did not have it like that before")


@router.get(
    "campaigns/{campaign_id}/participants",
    auth=MAY_READ,
    response={200: ParticipantPage, **ERRORS},
    summary="List participants",
)
def participants_list(request: HttpRequest, campaign_id: CampaignId, asked: Query[ParticipantsAsked]) -> Any:
    """Who takes part in a campaign: the stage they stand at, and their dates."""
    people = _campaign(request, campaign_id).participants.order_by("influencer_id")
    if asked.stage is not None:
        people = people.filter(stage=asked.stage)
    return page_document(people, asked, document=participant_document, key="influencer_id")


@router.patch(
    "campaigns/{campaign_id}/participants/{influencer_id}",
    auth=MAY_MANAGE,
    response={200: ParticipantOut, **ERRORS},
    summary="Set dates of a participant",
)
@repeatable()
def participant_change(
    request: HttpRequest, campaign_id: CampaignId, influencer_id: InfluencerId, told: Body[DatesIn]
) -> tuple[int, Any]:
    """Set or take away dates of one participant; all that are named, or none.

    422 `invalid_date_name` for a name that messages couldn't write, `invalid_date` for what is no day between 2000 and 2100.
    """
    campaign = _campaign(request, campaign_id)
    participant = get_object_or_404(campaign.participants, influencer=influencer_id)
    days = {
        name_read(name, f"dates.{name}"): day_read(day, f"dates.{name}") for name, day in told.dates.items()
    }
    by = token_person(token=cast(ApiRequest, request).auth)
    one = Selection(ids=(influencer_id,))
    with transaction.atomic():
        for name, day in days.items():
            participants_date(selection=one, campaign=campaign, name=name, day=day, by=by)
    participant.refresh_from_db()
    return 200, participant_document(participant)


@router.patch(
    "campaigns/{campaign_id}/participants",
    auth=MAY_MANAGE,
    response={200: EachSet, **ERRORS},
    summary="Set dates of many participants, each their own",
)
@repeatable()
def participants_change_each(
    request: HttpRequest, campaign_id: CampaignId, told: Body[EachIn]
) -> tuple[int, Any]:
    """Set or take away different dates of up to 1,000 participants: all of it, or nothing.

    422 `invalid_date_name` and `invalid_date` as for one participant, `duplicated_participant` for somebody who is named
    twice, `not_a_participant` for who takes no part in the campaign; `fields` names each, up to a hundred.
    """
    campaign = _campaign(request, campaign_id)
    days = days_read(told.participants)
    by = token_person(token=cast(ApiRequest, request).auth)
    try:
        changed = participants_dates(campaign=campaign, days=days, by=by)
    except NoParticipants as missing:
        words = str(missing)
        places = [
            place for place, one in enumerate(told.participants) if one.influencer in missing.influencers
        ]
        fields = [{"field": f"participants.{place}.influencer", "detail": words} for place in places]
        raise Problem(422, "not_a_participant", words, fields=fields[:MOST_TOLD]) from None
    return 200, {"changed": changed}


def days_read(participants: list[OneIn]) -> dict[int, dict[str, date | None]]:
    """The days by influencer and name; raises Problem (422) that names everything that is wrong."""
    days: dict[int, dict[str, date | None]] = {}
    problems: list[Problem] = []
    for place, one in enumerate(participants):
        if one.influencer in days:
            words = _("This participant is named twice.")
            field = {"field": f"participants.{place}.influencer", "detail": words}
            problems.append(Problem(422, "duplicated_participant", words, fields=[field]))
        days[one.influencer] = {}
        for name, day in one.dates.items():
            field_name = f"participants.{place}.dates.{name}"
            try:
                days[one.influencer][name_read(name, field_name)] = day_read(day, field_name)
            except Problem as problem:
                problems.append(problem)
    if problems:
        first = problems[0]
        fields = [field for problem in problems for field in problem.more["fields"]]
        raise Problem(first.status, first.code, first.detail, fields=fields[:MOST_TOLD])
    return days


@router.post(
    "campaigns/{campaign_id}/dates",
    auth=MAY_MANAGE,
    response={200: DateSet, **ERRORS},
    summary="Set a date of many participants",
)
@repeatable()
def participants_change(request: HttpRequest, campaign_id: CampaignId, told: Body[DateIn]) -> tuple[int, Any]:
    """Set a date of any number of participants, or take it away; done when the answer is there.

    409 `audience_changed` when another number of participants is meant than expected, 422 `empty_batch` when nobody is,
    `invalid_date_name` and `invalid_date` as for one participant.
    """
    campaign = _campaign(request, campaign_id)
    name, day = name_read(told.name, "name"), day_read(told.day, "day")
    by = token_person(token=cast(ApiRequest, request).auth)
    changed = participants_date(
        selection=told.audience.selection(), campaign=campaign, name=name, day=day, by=by
    )
    return 200, {"name": name, "day": day.isoformat() if day else None, "changed": changed}


def participant_document(participant: Participant) -> dict[str, Any]:
    """What the API tells of a participant."""
    return {
        "influencer": participant.influencer_id,
        "stage": participant.stage_id,
        "entered_stage_at": participant.entered_stage_at,
        "dates": participant.dates,
    }


def name_read(text: str, field: str) -> str:
    """The name of a date; raises Problem (422) for one that messages couldn't write."""
    try:
        return date_name_clean(text)
    except ValidationError as error:
        raise _refusal("invalid_date_name", error, field) from None


def day_read(text: str | None, field: str) -> date | None:
    """A day; None if it is to be taken away. Raises Problem (422) for what is none."""
    if text is None:
        return None
    try:
        return day_clean(text)
    except ValidationError as error:
        raise _refusal("invalid_date", error, field) from None


def _refusal(code: str, error: ValidationError, field: str) -> Problem:
    words = str(error.messages[0])
    return Problem(422, code, words, fields=[{"field": field, "detail": words}])


def _campaign(request: HttpRequest, campaign_id: int) -> Campaign:
    seen = Campaign.objects.visible_to(cast(ApiRequest, request).auth).select_related("program")
    return get_object_or_404(seen, pk=campaign_id)
