"""Influencers: list, look at, make and change one."""

from datetime import datetime
from typing import Annotated, Any, cast

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Body, Path, Query, Router
from pydantic import BaseModel, ConfigDict, Field

from batchadmin.accounts.api.callers import MAY_MANAGE, MAY_READ, ApiRequest
from batchadmin.accounts.api.pages import Id, PageAsked, page_document
from batchadmin.accounts.api.problems import ERRORS
from batchadmin.accounts.api.repeats import repeatable
from batchadmin.accounts.services import token_person
from campaigns.api.audiences import STRICT, PeopleFilter
from campaigns.audience import Selection
from campaigns.models import Influencer
from campaigns.services import influencer_create, influencer_update

router = Router(tags=["Influencers"])
InfluencerId = Annotated[Id, Path(description="The influencer's number")]
Key = Annotated[str, Field(min_length=1, max_length=60)]


class InfluencerOut(BaseModel):
    """A person in the program."""

    id: int
    external_id: str | None = Field(description="The ID in your system")
    first_name: str
    last_name: str
    email: str | None
    msisdn: str | None = Field(description="The phone number: digits, the country code first")
    handles: dict[str, str]
    tags: list[str]
    attributes: dict[str, Any]
    opted_out_of: list[str] = Field(description="The ways in which they are not to be written to")
    created_at: datetime
    updated_at: datetime


class InfluencerPage(BaseModel):
    """A page of influencers, by id."""

    items: list[InfluencerOut]
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class InfluencerIn(BaseModel):
    """What is known of a person; in a change, what is to be changed. null takes a value away."""

    model_config = STRICT

    external_id: str | None = Field(None, max_length=100)
    first_name: str | None = Field(None, max_length=150)
    last_name: str | None = Field(None, max_length=150)
    email: str | None = Field(None, max_length=254)
    msisdn: str | None = Field(None, max_length=30)
    handles: dict[Key, Annotated[str, Field(max_length=200)] | None] | None = Field(
        None, max_length=30, description="By network, such as instagram; a change leaves other networks alone"
    )
    tags: list[Key] | None = Field(None, max_length=200)
    attributes: dict[Key, Annotated[str, Field(max_length=2_000)] | int | float | bool | None] | None = Field(
        None, max_length=300, description="Custom fields; a change leaves other ones alone"
    )


class PeopleAsked(PeopleFilter, PageAsked):
    """Which influencers, and which page of them."""

    # An address has nothing but texts, so numbers among them are read as such.
    model_config = ConfigDict(strict=False, extra="ignore")


def influencer_document(influencer: Influencer) -> dict[str, Any]:
    """What the API tells of an influencer."""
    return {
        "id": influencer.pk,
        "external_id": influencer.external_id,
        "first_name": influencer.first_name,
        "last_name": influencer.last_name,
        "email": influencer.email,
        "msisdn": influencer.msisdn,
        "handles": influencer.handles,
        "tags": influencer.tags,
        "attributes": influencer.attributes,
        "opted_out_of": sorted(opt_out.channel_type for opt_out in influencer.opt_outs.all()),
        "created_at": influencer.created_at,
        "updated_at": influencer.updated_at,
    }


@router.get(
    "influencers", auth=MAY_READ, response={200: InfluencerPage, **ERRORS}, summary="List influencers"
)
def influencers_list(request: HttpRequest, asked: Query[PeopleAsked]) -> Any:
    """The influencers of the program who match the filter, by id."""
    named = PeopleFilter(**asked.model_dump(include=set(PeopleFilter.model_fields)))
    everyone = Selection(everything=True, filter=named.as_query())
    people = everyone.influencers(cast(ApiRequest, request).auth.program).order_by("pk")
    return page_document(people.prefetch_related("opt_outs"), asked, document=influencer_document)


@router.get(
    "influencers/{influencer_id}",
    auth=MAY_READ,
    response={200: InfluencerOut, **ERRORS},
    summary="Look at an influencer",
)
def influencer_show(request: HttpRequest, influencer_id: InfluencerId) -> Any:
    """An influencer as known now."""
    return influencer_document(_seen(request, influencer_id))


@router.post(
    "influencers", auth=MAY_MANAGE, response={201: InfluencerOut, **ERRORS}, summary="Make an influencer"
)
@repeatable()
def influencer_make(request: HttpRequest, told: Body[InfluencerIn]) -> tuple[int, Any]:
    """Somebody new. One of name, address, ID or handle is needed; address and ID may be nobody else's."""
    token = cast(ApiRequest, request).auth
    fields = _fields(told, Influencer())
    made = influencer_create(program=token.program, by=token_person(token=token), **fields)
    return 201, influencer_document(made)


@router.patch(
    "influencers/{influencer_id}",
    auth=MAY_MANAGE,
    response={200: InfluencerOut, **ERRORS},
    summary="Change an influencer",
)
@repeatable()
def influencer_change(
    request: HttpRequest, influencer_id: InfluencerId, told: Body[InfluencerIn]
) -> tuple[int, Any]:
    """Only what is in the body changes."""
    influencer = _seen(request, influencer_id)
    by = token_person(token=cast(ApiRequest, request).auth)
    changed = influencer_update(influencer=influencer, by=by, **_fields(told, influencer))
    return 200, influencer_document(changed)


def _seen(request: HttpRequest, influencer_id: int) -> Influencer:
    seen = Influencer.objects.visible_to(cast(ApiRequest, request).auth).present()
    return get_object_or_404(seen.prefetch_related("opt_outs"), pk=influencer_id)


def _fields(told: InfluencerIn, before: Influencer) -> dict[str, Any]:
    """What was told, in the words of the services. Raises ValidationError for two spellings of one tag."""
    fields = told.model_dump(include=told.model_fields_set)
    for name in ("first_name", "last_name"):
        if name in fields:
            fields[name] = fields[name] or ""
    if "tags" in fields:
        fields["tags"] = list(dict.fromkeys(tag.strip() for tag in fields["tags"] or []))
        if "" in fields["tags"]:
            raise ValidationError({"tags": "A tag has at least one character that can be seen."})
    for name in ("handles", "attributes"):
        if name in fields:
            merged = {**getattr(before, name), **(fields[name] or {})} if fields[name] is not None else {}
            fields[name] = {key: value for key, value in merged.items() if value is not None}
    return fields
