"""What a template comes to while it is written: the text for one person, its size, its SMS, and a test to oneself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Membership
from campaigns.audience import Selection
from campaigns.models import Campaign, Influencer, Stage
from campaigns.states import ChannelType

from .approved import approved_body
from .approved_forms import approved_given
from .approved_lines import APPROVED_FIELDS
from .approving import approved_read
from .composing import Preview, Wanted, fill_in
from .models import Attachment, Channel, Template
from .providers.base import Provider
from .providers.registry import provider_class
from .rendering import TemplateFault, message_compile
from .segments import segments_of
from .services import ChannelInvalid, trial_send
from .trying import message_try


@dataclass(frozen=True, slots=True)
class Draft:
    """A template as it is being written, and for whom it is shown (words to search by)."""

    subject: str = ""
    body: str = ""
    html: str = ""
    campaign_id: int | None = None
    stage_ids: tuple[int, ...] = ()
    person: str = ""
    approved: Mapping[str, Any] = field(default_factory=dict)  # goes out instead, where it has to be approved
    influencer_id: int | None = None  # whom it is shown for, if that is known already
    campaign: Campaign | None = None  # the one with `campaign_id`, where it has been read already
    stage: Stage | None = None  # and the first of the stages

    @classmethod
    def of(cls, template: Template | None, person: str = "") -> Draft:
        """A saved template as a draft."""
        if template is None:
            return cls(person=person)
        stages = sorted(template.stages.all(), key=lambda stage: stage.position)
        return cls(
            template.subject,
            template.body,
            template.html,
            template.campaign_id,
            tuple(stage.pk for stage in stages),
            person,
            template.approved,
            campaign=template.campaign,
            stage=stages[0] if stages else None,
        )


@dataclass
class TemplatePreview(Preview):
    """The preview of a template: `faults` by field instead of a text, if there are any."""

    faults: dict[str, str] = field(default_factory=dict)


def draft_of(sent: QueryDict) -> Draft:
    """The draft that a form has sent."""

    def text(name: str) -> str:
        return sent.get(name, "").replace("\x00", "")

    stages = tuple(int(one) for one in sent.getlist("stages") if _is_id(one))
    campaign = int(text("campaign")) if _is_id(text("campaign")) else None
    approved = approved_given({name: text(name) for name in APPROVED_FIELDS})
    person = text("person").strip()
    return Draft(text("subject"), text("body"), text("html"), campaign, stages, person, approved)


def draft_about(draft: Draft, query: QueryDict) -> Draft:
    """The draft as it goes to the influencer that an address names, in the campaign and at the stage that it names."""
    given = {name: query.get(name, "") for name in ("influencer", "campaign", "stage")}
    told = {name: int(text) for name, text in given.items() if isinstance(text, str) and _is_id(text)}
    if "influencer" not in told:
        return draft
    stages = (told["stage"],) if "stage" in told else ()
    # The subject has a place of its own: what is wrong with it is said there.
    return replace(
        draft,
        subject="",
        influencer_id=told["influencer"],
        campaign_id=told.get("campaign"),
        stage_ids=stages,
        campaign=None,
        stage=None,
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def preview_draft(membership: Membership, draft: Draft) -> TemplatePreview:
    """The draft as somebody of the program would get it, or what is wrong with it and where."""
    shown = TemplatePreview()
    draft = instead_of(membership, draft, shown)
    if shown.faults:
        return shown
    if not draft.body.strip():
        shown.problem = _("Write a message to see it here.")
        return shown
    try:
        message_compile(subject=draft.subject, body=draft.body, html=draft.html)
        message_try(subject=draft.subject, body=draft.body, html=draft.html)
    except TemplateFault as fault:
        shown.faults[fault.field] = str(fault)
        return shown
    shown.person = person_named(membership, draft)
    if shown.person is None:
        wanted = draft.person
        shown.problem = (
            _("Nobody matches “%(words)s”.") % {"words": wanted}
            if wanted
            else _("There is nobody to preview it for yet.")
        )
        return shown
    fill_in(shown, wanted_of(membership, draft), shown.person)
    shown.sms = segments_of(shown.text.body) if shown.text else None
    return shown


def instead_of(membership: Membership, draft: Draft, shown: TemplatePreview) -> Draft:
    """The draft with the approved message as its text, if it has no other; what is wrong with that is noted."""
    if not draft.approved:
        return draft
    try:
        body = approved_body(approved_read(membership, draft.approved))
    except TemplateFault as fault:
        shown.faults[fault.field] = str(fault)
        return draft
    return draft if draft.body.strip() else replace(draft, body=body)


def person_named(membership: Membership, draft: Draft) -> Influencer | None:
    """Whom the draft is shown for."""
    if draft.influencer_id is None:
        return person_for(membership, draft.person)
    return Influencer.objects.visible_to(membership).present().filter(pk=draft.influencer_id).first()


def person_for(membership: Membership, words: str) -> Influencer | None:
    """Whom the preview is for: the first who matches, else somebody with a name."""
    people = Influencer.objects.visible_to(membership).present()
    if words:
        return people.found_by_name(words).first()
    return people.exclude(first_name="").order_by("pk").first() or people.order_by("pk").first()


def wanted_of(membership: Membership, draft: Draft) -> Wanted:
    """The draft as compose's preview takes it: with its campaign, and the first of its stages."""
    stages = Stage.objects.visible_to(membership).select_related("campaign").order_by("position")
    stage = draft.stage or stages.filter(pk__in=draft.stage_ids).first()
    campaign = draft.campaign or (stage.campaign if stage else None)
    if draft.campaign is None and draft.campaign_id is not None:
        campaign = Campaign.objects.visible_to(membership).filter(pk=draft.campaign_id).first() or campaign
    if campaign is not None:
        campaign.program = membership.program
    return Wanted(
        program=membership.program,
        channel=None,
        selection=Selection(),
        subject=draft.subject,
        body=draft.body,
        html=draft.html,
        campaign=campaign,
        stage=stage,
    )


def trial_of(membership: Membership, draft: Draft, channel: Channel | None, template: Template | None) -> str:
    """Send the draft to the member's own address; returns the address. Raises as `trial_send` does."""
    if not draft.body.strip():
        raise TemplateFault(_("Write a message."), "body")
    channel = channel or mail_channel(membership)
    if channel is None:
        raise ChannelInvalid(_("There is no e-mail channel to send it by."))
    wanted = wanted_of(membership, draft)
    kept = template.attachments.order_by("pk") if template else Attachment.objects.none()
    return trial_send(
        program=membership.program,
        by=membership.user,
        channel=channel,
        subject=draft.subject,
        body=draft.body,
        html=draft.html,
        attachments=list(kept),
        influencer=person_for(membership, draft.person),
        campaign=wanted.campaign,
        stage=wanted.stage,
    )


def mail_channel(membership: Membership) -> Channel | None:
    """The first channel that reaches people by e-mail."""
    channels = Channel.objects.visible_to(membership).in_order()
    return next((one for one in channels if reaches_mailboxes(provider_class(one))), None)


def reaches_mailboxes(provider: type[Provider]) -> bool:
    """Whether e-mail can be sent by it now."""
    return provider.installed and provider.reaches == ChannelType.EMAIL
