"""Broadcasts for other systems, and restarting them."""

from datetime import datetime
from typing import Annotated, Any, cast

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Body, Router
from pydantic import AwareDatetime, BaseModel, Field, Strict

from batchadmin.accounts.api.callers import MAY_MANAGE, ApiRequest
from batchadmin.accounts.api.pages import Id
from batchadmin.accounts.api.problems import ERRORS, Problem, problem_register
from batchadmin.accounts.api.repeats import repeatable
from batchadmin.accounts.models import ApiToken
from batchadmin.accounts.services import token_person
from batches.api import Batch, BatchId, api_document, batch_seen
from batches.models import BatchRequest
from batches.registry import kind_of
from campaigns.api.audiences import STRICT, Audience
from campaigns.models import Campaign, Stage
from messaging.models import LONGEST_TIME_LIMIT, TIME_LIMIT, Broadcast, Channel, Template
from messaging.rendering import TemplateFault
from messaging.services import LONGEST_NAME, broadcast_request, broadcast_restart

router = Router()


class BroadcastIn(BaseModel):
    """A message to many people."""

    model_config = STRICT

    channel: str = Field(min_length=1, max_length=120, description="The name of the channel")
    template: str | None = Field(None, min_length=1, max_length=120, description="The name of a template")
    subject: str | None = Field(None, max_length=500, description="Else the template's")
    body: str | None = Field(None, min_length=1, max_length=100_000, description="Else the template's")
    campaign: Id | None = Field(None, description="What {{ campaign.name }} stands for")
    stage: Id | None = Field(None, description="What {{ stage.name }} stands for; a stage of the campaign")
    scheduled_for: Annotated[AwareDatetime, Strict(False)] | None = Field(
        None, description="When it is to go out; else at once"
    )
    exclude_past: bool = Field(True, description="Leave out who has got the template already")
    time_limit: int = Field(
        TIME_LIMIT,
        ge=1,
        le=LONGEST_TIME_LIMIT,
        description="Hours from the start; what hasn't gone out by then is not sent",
    )
    audience: Audience


class RestartIn(BaseModel):
    """How a broadcast is to be restarted."""

    model_config = STRICT

    include_unknown: bool = Field(
        False, description="Also for those of whom it isn't known whether they have it: they may get it twice"
    )
    leave_out_hopeless: bool = Field(
        False,
        description="Not for those who will likely fail again: no such mailbox, not on WhatsApp, a landline",
    )
    title: str | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_NAME,
        description="What lists call it; else the former title with a number, or the new subject",
    )
    subject: str | None = Field(None, max_length=500, description="Else as before")
    body: str | None = Field(None, min_length=1, max_length=100_000, description="Else as before")


@router.post(
    "broadcasts",
    auth=MAY_MANAGE,
    response={202: Batch, **ERRORS},
    summary="Send a message to many people",
    tags=["Broadcasts"],
)
@repeatable()
def broadcast_make(request: HttpRequest, told: Body[BroadcastIn]) -> tuple[int, Any]:
    """Request a message to everybody in the audience. Who is in it, at which address, and the text are frozen with this.

    409 `audience_changed` when another number of people is meant than expected, 409 `not_possible` for a channel that
    can't send, 422 `empty_batch` when nobody is meant, 422 `invalid_message` for a text that can't be used.
    """
    token = cast(ApiRequest, request).auth
    template = _named(Template.objects.visible_to(token), "template", name=told.template)
    subject = template.subject if told.subject is None and template else told.subject or ""
    body = template.body if told.body is None and template else told.body or ""
    campaign, stage = _place(token, told)
    broadcast = broadcast_request(
        program=token.program,
        by=token_person(token=token),
        channel=_named(
            Channel.objects.visible_to(token).select_related("program"), "channel", name=told.channel
        ),
        subject=subject,
        body=body,
        audience=told.audience.selection(),
        template=template,
        campaign=campaign,
        stage=stage,
        scheduled_for=_future(told.scheduled_for),
        exclude_past=told.exclude_past,
        time_limit=told.time_limit,
    )
    return 202, api_document(broadcast.batch)


def _place(token: ApiToken, told: BroadcastIn) -> tuple[Campaign | None, Stage | None]:
    stage = _named(Stage.objects.visible_to(token).select_related("campaign"), "stage", pk=told.stage)
    campaign = _named(Campaign.objects.visible_to(token), "campaign", pk=told.campaign)
    if stage is None:
        return campaign, None
    if campaign is not None and stage.campaign_id != campaign.pk:
        raise Problem(422, "unknown_stage", _("The stage is one of another campaign."))
    return stage.campaign, stage


def _named(rows: Any, what: str, **wanted: Any) -> Any:
    """The row of the token's program that a body names, None if it names none; raises Problem (422) for an unknown one."""
    (value,) = wanted.values()
    if value is None:
        return None
    found = rows.filter(**wanted).first()
    if found is None:
        words = _("There is no {what} “{value}” in this program.").format(what=what, value=value)
        raise Problem(422, f"unknown_{what}", words)
    return found


def _future(moment: datetime | None) -> datetime | None:
    if moment is not None and moment <= timezone.now():
        raise Problem(422, "in_the_past", _("scheduled_for is over. Leave it out to send at once."))
    return moment


@router.post(
    "batch-requests/{batch_id}/restart",
    auth=MAY_MANAGE,
    response={202: Batch, 200: Batch, **ERRORS},
    summary="Restart a batch request",
    tags=["Batch requests"],
)
@repeatable()
def batch_restart(
    request: HttpRequest, batch_id: BatchId, told: Body[RestartIn | None] = None
) -> tuple[int, Any]:
    """A new batch for those whom no link of the line has reached: 202. One that was restarted already: 200 and that restart.

    409 while it is still running, when nobody is left, and for types that can't be restarted.
    """
    token = cast(ApiRequest, request).auth
    batch = batch_seen(token, batch_id)
    made, is_new = _restarted(batch, token, told or RestartIn())
    return 202 if is_new else 200, api_document(made)


def _restarted(batch: BatchRequest, token: ApiToken, told: RestartIn) -> tuple[BatchRequest, bool]:
    by = token_person(token=token)
    broadcast = Broadcast.objects.with_all().filter(pk=batch.pk).first()
    if broadcast is None:
        return kind_of(batch).restart(batch, by), True
    if broadcast.approved and (told.subject is not None or told.body is not None):
        words = _("What WhatsApp has approved can't be worded anew. Leave out subject and body.")
        raise Problem(422, "invalid_message", words)
    restart = broadcast_restart(
        broadcast=broadcast,
        by=by,
        include_unknown=told.include_unknown,
        leave_out_hopeless=told.leave_out_hopeless,
        name=(told.title or "").strip() or None,
        subject=told.subject,
        body=told.body,
    )
    return restart.broadcast.batch, restart.is_new


problem_register(TemplateFault, lambda fault: Problem(422, "invalid_message", f"{fault.field}: {fault}"))
