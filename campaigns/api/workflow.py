"""Campaigns, their stages, and moving many people through them."""

from typing import Annotated, Any, Literal, cast

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Body, Path, Query, Router
from pydantic import BaseModel, Field

from batchadmin.accounts.api.callers import MAY_MANAGE, MAY_READ, ApiRequest
from batchadmin.accounts.api.pages import Id, PageAsked, page_document
from batchadmin.accounts.api.problems import ERRORS, Problem
from batchadmin.accounts.api.repeats import repeatable
from batchadmin.accounts.models import ApiToken
from batchadmin.accounts.services import token_person
from batches.api import Batch, api_document
from batches.models import BatchRequest
from campaigns.api.audiences import STRICT, Audience
from campaigns.models import Campaign, Stage
from campaigns.services import campaign_add_request, stage_move_request
from campaigns.states import Phase

router = Router(tags=["Campaigns"])
CampaignId = Annotated[Id, Path(description="The campaign's number")]


class CampaignOut(BaseModel):
    """Something that influencers are taken through, stage by stage."""

    id: int
    name: str
    created_at: str


class CampaignPage(BaseModel):
    """A page of campaigns, by id."""

    items: list[CampaignOut]
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class StageOut(BaseModel):
    """A step of a campaign's workflow."""

    id: int
    name: str
    phase: str = Field(description=f"One of {', '.join(Phase.values)}")
    position: int
    people: int = Field(description="How many participants stand at it")
    filled_by: int | None = Field(description="The batch that fills it now; until that ends no other one may")


class StageList(BaseModel):
    """All stages of a campaign, in their order."""

    items: list[StageOut]


class UpdateIn(BaseModel):
    """Which people are to go where."""

    model_config = STRICT

    action: Literal["move", "add"] = Field(
        "move", description="Move participants, or bring new people into the campaign"
    )
    to_stage: Id = Field(description="The stage they are to stand at; it says the campaign as well")
    from_stage: Id | None = Field(None, description="Move only those who stand here now")
    audience: Audience


class CampaignsAsked(PageAsked):
    """Which page of campaigns."""


@router.get("campaigns", auth=MAY_READ, response={200: CampaignPage, **ERRORS}, summary="List campaigns")
def campaigns_list(request: HttpRequest, asked: Query[CampaignsAsked]) -> Any:
    """The campaigns of the program that haven't been archived, by id."""
    campaigns = Campaign.objects.visible_to(cast(ApiRequest, request).auth).current().order_by("pk")
    return page_document(campaigns, asked, document=_campaign_document)


def _campaign_document(campaign: Campaign) -> dict[str, Any]:
    return {"id": campaign.pk, "name": campaign.name, "created_at": campaign.created_at.isoformat()}


@router.get(
    "campaigns/{campaign_id}/stages",
    auth=MAY_READ,
    response={200: StageList, **ERRORS},
    summary="List stages",
)
def stages_list(request: HttpRequest, campaign_id: CampaignId) -> Any:
    """The stages of a campaign in their order, with how many people stand at each."""
    seen = Campaign.objects.visible_to(cast(ApiRequest, request).auth)
    stages = list(get_object_or_404(seen, pk=campaign_id).stages.with_counts().order_by("position"))
    holders = BatchRequest.objects.live().filter(lock__in=[stage.lock for stage in stages])
    filling = dict(holders.values_list("lock", "pk"))
    return {
        "items": [
            {
                "id": stage.pk,
                "name": stage.name,
                "phase": stage.phase,
                "position": stage.position,
                "people": stage.people,
                "filled_by": filling.get(stage.lock),
            }
            for stage in stages
        ]
    }


@router.post(
    "workflow-updates",
    auth=MAY_MANAGE,
    response={202: Batch, **ERRORS},
    summary="Move many people to a stage",
)
@repeatable()
def workflow_update(request: HttpRequest, told: Body[UpdateIn]) -> tuple[int, Any]:
    """Request a batch that moves participants to a stage, or brings influencers into the campaign at it.

    409 `lock_held` while another batch fills the stage (`batch_id` names it), 409 `audience_changed` when another number
    of people is meant than expected, 422 `empty_batch` when nobody is.
    """
    token = cast(ApiRequest, request).auth
    to_stage = stage_named(token, told.to_stage, "to_stage")
    selection, by = told.audience.selection(), token_person(token=token)
    if told.action == "move":
        from_stage = stage_named(token, told.from_stage, "from_stage") if told.from_stage else None
        batch = stage_move_request(selection=selection, to_stage=to_stage, from_stage=from_stage, by=by)
    elif told.from_stage:
        raise Problem(422, "invalid", _("Who is brought into a campaign doesn't come from a stage of it."))
    else:
        batch = campaign_add_request(selection=selection, to_stage=to_stage, by=by)
    return 202, api_document(batch)


def stage_named(token: ApiToken, stage_id: int, field: str) -> Stage:
    """A stage of the token's program that a body names; raises Problem (422) when there is none."""
    seen = Stage.objects.visible_to(token).select_related("campaign__program")
    try:
        return get_object_or_404(seen, pk=stage_id)
    except Http404:
        words = _("{field}: there is no stage {id} in this program.").format(field=field, id=stage_id)
        raise Problem(422, "unknown_stage", words) from None
