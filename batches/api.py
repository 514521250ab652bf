"""Batch requests, for other systems: the list, one of them, its items, and Stop."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router
from pydantic import BaseModel, Field

from batchadmin.accounts.api.callers import MAY_MANAGE, MAY_READ, ApiRequest
from batchadmin.accounts.api.pages import Id, PageAsked, page_document
from batchadmin.accounts.api.problems import ERRORS, Problem, problem_register
from batchadmin.accounts.api.repeats import repeatable
from batchadmin.accounts.models import ApiToken
from batchadmin.accounts.services import token_person

from .models import BatchItem, BatchRequest
from .reasons import reason_of
from .refusals import AlreadyRestarted, AudienceChanged, BatchRefused, EmptyBatch, LockHeld
from .services import batch_stop
from .waiting import batch_document

router = Router(tags=["Batch requests"])
Status = Literal[
    "scheduled",
    "overdue",
    "queued",
    "processing",
    "waiting_for_retry",
    "stopping",
    "stopped",
    "completed",
    "failed",
]
ItemStatusName = Literal["pending", "in_flight", "succeeded", "failed", "skipped", "not_sent", "unknown"]
BatchId = Annotated[Id, Path(description="The batch's number")]


class Counts(BaseModel):
    """How many items are where; they always add up to the total."""

    total: int
    succeeded: int
    failed: int
    skipped: int
    not_sent: int
    unknown: int
    pending: int
    in_flight: int


class Batch(BaseModel):
    """One bulk operation."""

    id: int
    type: str
    name: str
    status: Status
    counts: Counts
    success_rate: float | None = Field(description="Per cent of those that were not skipped")
    requester: str = Field(description="The e-mail address of who requested it, or stands behind the token")
    requested_at: datetime
    scheduled_for: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    sent_after_stop: int | None = Field(
        description="How many went out after Stop; null if it never was stopped"
    )
    restart_of: int | None = Field(description="The batch that this one restarts")
    restarted_as: int | None = Field(description="The batch that restarts this one")
    retries: int


class BatchPage(BaseModel):
    """A page of batch requests, the newest first."""

    items: list[Batch]
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class Item(BaseModel):
    """One recipient or row of a batch."""

    key: int = Field(description="The influencer's id, or the number of the row")
    status: ItemStatusName
    reason: str = Field(description="A code, such as opted_out; empty where there is none")
    words: str = Field(description="The reason in words")
    detail: str
    attempts: int


class ItemPage(BaseModel):
    """A page of a batch's items, by key."""

    items: list[Item]
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class BatchesAsked(PageAsked):
    """Which batch requests."""

    status: Status | Literal[""] = Field("", description="Only those with this status")
    type: str = Field("", max_length=40, description="Only those of this type, such as BatchConversations")


class ItemsAsked(PageAsked):
    """Which items."""

    status: ItemStatusName | Literal[""] = Field("", description="Only those with this status")


def api_document(batch: BatchRequest) -> dict[str, Any]:
    """What the API tells of a batch; what broke inside is for support's eyes only."""
    document = batch_document(batch)
    document.pop("last_error")
    following = BatchRequest.objects.filter(restart_of=batch).values_list("pk", flat=True).first()
    return {**document, "restarted_as": following}


def batch_seen(token: ApiToken, batch_id: int) -> BatchRequest:
    """The batch with this id in the token's program; raises Http404 for any other."""
    seen = BatchRequest.objects.visible_to(token).select_related("requester", "program")
    return get_object_or_404(seen, pk=batch_id)


@router.get(
    "batch-requests", auth=MAY_READ, response={200: BatchPage, **ERRORS}, summary="List batch requests"
)
def batches_list(request: HttpRequest, asked: Query[BatchesAsked]) -> Any:
    """The batch requests of the program that Settings > Batch Requests lists, the newest first."""
    batches = BatchRequest.objects.visible_to(cast(ApiRequest, request).auth).listed().newest_first()
    for name in ("status", "type"):
        if getattr(asked, name):
            batches = batches.filter(**{name: getattr(asked, name)})
    batches = batches.select_related("requester", "restarted_as")
    return page_document(batches, asked, document=_listed_document, newest_first=True)


def _listed_document(batch: BatchRequest) -> dict[str, Any]:
    document = batch_document(batch)
    document.pop("last_error")
    following = getattr(batch, "restarted_as", None)
    return {**document, "restarted_as": following and following.pk}


@router.get(
    "batch-requests/{batch_id}",
    auth=MAY_READ,
    response={200: Batch, **ERRORS},
    summary="Look at a batch request",
)
def batch_show(request: HttpRequest, batch_id: BatchId) -> Any:
    """A batch request as it stands now."""
    return api_document(batch_seen(cast(ApiRequest, request).auth, batch_id))


@router.get(
    "batch-requests/{batch_id}/items",
    auth=MAY_READ,
    response={200: ItemPage, **ERRORS},
    summary="List its items",
)
def batch_items(request: HttpRequest, batch_id: BatchId, asked: Query[ItemsAsked]) -> Any:
    """What became of each recipient or row, in the order of their keys."""
    batch = batch_seen(cast(ApiRequest, request).auth, batch_id)
    items = BatchItem.objects.of(batch.pk, *([asked.status] if asked.status else []))
    return page_document(items, asked, document=_item_document, key="key")


def _item_document(item: BatchItem) -> dict[str, Any]:
    return {
        "key": item.key,
        "status": item.status,
        "reason": item.reason,
        "words": str(reason_of(item.reason).words) if item.reason else "",
        "detail": item.detail,
        "attempts": item.attempts,
    }


@router.post(
    "batch-requests/{batch_id}/stop",
    auth=MAY_MANAGE,
    response={200: Batch, **ERRORS},
    summary="Stop a batch request",
)
@repeatable(harmless=True)
def batch_halt(request: HttpRequest, batch_id: BatchId) -> tuple[int, Any]:
    """Nothing further goes out; what has gone out stays. One that has stopped already is answered as it is.

    409 for one that ended otherwise, and for workflow updates, which support stops by command.
    """
    token = cast(ApiRequest, request).auth
    batch = batch_stop(batch=batch_seen(token, batch_id), by=token_person(token=token))
    return 200, api_document(batch)


def _changed(refusal: AudienceChanged) -> Problem:
    return Problem(409, "audience_changed", str(refusal), expected=refusal.saw, actual=refusal.now)


problem_register(BatchRefused, lambda refusal: Problem(409, "not_possible", str(refusal)))
problem_register(EmptyBatch, lambda refusal: Problem(422, "empty_batch", str(refusal)))
problem_register(AudienceChanged, _changed)
problem_register(LockHeld, lambda refusal: Problem(409, "lock_held", str(refusal), batch_id=refusal.batch.pk))
problem_register(
    AlreadyRestarted,
    lambda refusal: Problem(409, "already_restarted", str(refusal), batch_id=refusal.batch.pk),
)
