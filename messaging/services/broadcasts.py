"""Requesting broadcasts, from a bulk message to a reply to one person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.services import batch_request
from batches.states import Lane
from campaigns.audience import Selection
from campaigns.models import Campaign, Influencer, Stage
from messaging.approved import approved_body, approved_clean
from messaging.audience import ledger_rows, terms_of
from messaging.models import LONGEST_TIME_LIMIT, TIME_LIMIT, Broadcast, Channel, Template
from messaging.providers.base import Provider
from messaging.providers.registry import provider_of
from messaging.rendering import CannotRender, CompiledMessage, TemplateFault, message_compile
from messaging.states import BROADCAST
from messaging.trying import message_try
from messaging.variables import Values, shared_values

Audience = Selection | QuerySet[Influencer, Any]


class Wording(TypedDict, total=False):
    """What a broadcast says, and what it says it about; see `broadcast_request`."""

    subject: Required[str]
    body: Required[str]
    template: Template | None
    campaign: Campaign | None
    stage: Stage | None
    approved: (
        Mapping[str, Any] | None
    )  # {"name", "language", "parameters": [Liquid, …]}, which goes out instead of the text
    exclude_past: (
        bool  # as it is without a word: whoever got the template already is left out, with that reason
    )
    time_limit: int  # hours after the start, 1 to 720; what hasn't gone out by then is not sent


def broadcast_request(
    *,
    program: Program,
    by: User,
    channel: Channel,
    audience: Audience,
    scheduled_for: datetime | None = None,
    expected: int | None = None,
    listed: bool = True,
    lane: Lane = Lane.BULK,
    **wording: Unpack[Wording],
) -> Broadcast:
    """Request a message to everybody in the audience; who is in it, addresses and text are frozen with this.

    Raises TemplateFault for a text that can't be used, SelectionError for a filter that can't, and BatchRefused (nobody,
    another number than `expected`, a channel that can't send); then nothing was done.
    """
    provider = provider_of(channel)
    said = _checked(provider, wording)
    template, campaign = said["template"], said["campaign"]
    people = people_of(audience, program)
    if isinstance(audience, Selection) and expected is None:
        expected = audience.expected
    terms = terms_of(reaches=provider.reaches, template=template, exclude_past=said["exclude_past"])
    shared = shared_values(program, campaign, said["stage"])
    with transaction.atomic():
        batch = batch_request(
            program=program,
            requester=by,
            kind=BROADCAST,
            name=name_of(said["subject"], said["body"], template, shared),
            rows=ledger_rows(people, terms),
            campaign_name=campaign.name if campaign else "",
            listed=listed,
            lane=lane,
            scheduled_for=scheduled_for,
            expected=expected,
        )
        return broadcast_create(batch, channel=channel, **said, **parts_of_template(template, said["body"]))


def _checked(provider: Provider, wording: Wording) -> dict[str, Any]:
    """All of the wording, as it is going to be kept; raises what `broadcast_request` says of texts and channels."""
    said: dict[str, Any] = {
        "template": None,
        "campaign": None,
        "stage": None,
        "exclude_past": True,
        "time_limit": TIME_LIMIT,
    }
    said |= wording
    if not 1 <= said["time_limit"] <= LONGEST_TIME_LIMIT:
        raise NotPossible(_("The time limit is from 1 to %(most)s hours.") % {"most": LONGEST_TIME_LIMIT})
    if not provider.installed:
        raise NotPossible(provider.problem())
    said["approved"] = _approved_of(provider, wording.get("approved"))
    if said["approved"]:
        said["body"] = approved_body(said["approved"])
    message_check(**{name: said[name] for name in ("subject", "body", "campaign", "stage")})
    if provider.problem():
        raise NotPossible(provider.problem())
    return said


def _approved_of(provider: Provider, approved: Mapping[str, Any] | None) -> dict[str, Any]:
    """The approved template as it is kept; raises NotPossible for a channel that has none."""
    kept = approved_clean(approved)
    if kept and not provider.takes_approved:
        raise NotPossible(_("This channel has no approved templates. Write a message instead."))
    return kept


def few_request(*, program: Program, audience: Selection, **message: Any) -> Broadcast:
    """A message to a few people: goes ahead of all bulk work and isn't listed in Logs.

    Takes and raises what `broadcast_request` does; also NotPossible for more people than a setting allows.
    """
    if audience.count(program) > settings.BATCH_THRESHOLD:
        raise NotPossible(
            _("To more than %(most)s people, write a bulk message.") % {"most": settings.BATCH_THRESHOLD}
        )
    return broadcast_request(program=program, audience=audience, listed=False, lane=Lane.EXPRESS, **message)


def broadcast_create(batch: BatchRequest, **fields: Any) -> Broadcast:
    """What stands beside the batch. Part of the batch's own transaction."""
    subject = " ".join(fields.pop("subject").split())
    body = fields.pop("body").replace("\r\n", "\n")
    attachments = fields.pop("attachments", ())
    program = batch.program
    broadcast = Broadcast.objects.create(
        batch=batch,
        subject=subject,
        body=body,
        sender_name=program.sender_name,
        sender_address=program.sender_address,
        **fields,
    )
    if attachments:
        broadcast.attachments.set(attachments)
    return broadcast


def people_of(audience: Audience, program: Program) -> QuerySet[Influencer, Any]:
    """The influencers who are meant, of this program only."""
    if isinstance(audience, Selection):
        return audience.influencers(program)
    return audience.filter(program=program)


def message_check(*, subject: str, body: str, campaign: Campaign | None, stage: Stage | None) -> None:
    """Raise TemplateFault for a text that doesn't parse, is empty, can be filled in for nobody, or would never end."""
    if not body.strip():
        raise TemplateFault(_("Write a message."), "body")
    needs_check(
        message_compile(subject=subject, body=body),
        campaign_missing=campaign is None,
        stage_missing=stage is None,
    )
    message_try(subject=subject, body=body)


def needs_check(message: CompiledMessage, *, campaign_missing: bool, stage_missing: bool) -> None:
    """Raise TemplateFault for a variable that has no value for anybody, because there is no campaign or stage."""
    missing = {"campaign": campaign_missing, "participant": campaign_missing, "stage": stage_missing}
    for path in sorted(message.requires):
        if missing.get(path[0]):
            words = _(
                "“%(name)s” has no value here: no %(group)s is chosen, so nobody would get the message."
            )
            group = _("stage") if path[0] == "stage" else _("campaign")
            raise TemplateFault(words % {"name": ".".join(path), "group": group}, "body")


def parts_of_template(template: Template | None, body: str) -> dict[str, Any]:
    """What goes along with a message that was made of a template: its files, and its HTML while the text is the same."""
    if template is None:
        return {}
    return {"attachments": list(template.attachments.all()), "html": html_of_template(template, body)}


def html_of_template(template: Template | None, body: str) -> str:
    """The template's HTML while the text is its own; two forms of one message must not say different things."""
    if template is None:
        return ""
    same = template.body.replace("\r\n", "\n").strip() == body.replace("\r\n", "\n").strip()
    return template.html if same else ""


class Dots(dict[str, Any]):
    """Stands for values that differ from person to person."""

    def __missing__(self, key: str) -> str:
        return "…"


def name_of(subject: str, body: str, template: Template | None, shared: Values) -> str:
    """What lists call the broadcast: its subject without anybody's values, else its template, else how it begins."""
    source = " ".join(subject.split())
    if not source:
        return template.name if template else body.strip().split("\n")[0][:80]
    # First with every default, then with dots where there is none.
    people: list[dict[str, Any]] = [
        {"handles": {}, "attributes": {}},
        Dots(handles=Dots(), attributes=Dots()),
    ]
    for person in people:
        try:
            text = message_compile(subject=source, body="").render({**shared, "influencer": person})
            return " ".join(text.subject.split())
        except (TemplateFault, CannotRender):
            continue
    return source
