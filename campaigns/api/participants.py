"""Participants of a campaign: where they stand, and their dates, which templates go out by."""

from datetime import date, datetime
from typing import Annotated, Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
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
from campaigns.services import participants_date

router = Router(tags=["Campaigns"])
MOST_DATES = 50
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
