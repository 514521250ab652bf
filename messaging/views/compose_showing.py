"""How compose's page is put together from what its form says."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.access import MemberRequest
from campaigns.audience import Selection, SelectionError
from campaigns.filters import InfluencerFilter
from campaigns.models import Influencer
from campaigns.states import ChannelType
from messaging.approved import approved_shown
from messaging.choosing import MORE, by_hand, file_told, number_of, who_of
from messaging.compose_form import ComposeForm
from messaging.composing import Composed, Wanted, compose_check_all, compose_uncounted, is_large
from messaging.providers.registry import provider_class
from messaging.services import draft_save, offers_of
from messaging.services.broadcasts import html_of_template
from messaging.variables import OFFERED

SELECTION_NAMES = ("ids", "who", "filter", "except")
NOT_KEPT = (
    "csrfmiddlewaretoken",
    "action",
    "key",
    "expected",
    "uncounted",
    "add",
    "drop",
    "person_was",
    "find",
)
NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One of the four steps: where it stands on the page, and whether it is done."""

    number: int
    label: str
    anchor: str
    done: bool


def compose_show(
    request: MemberRequest,
    form: ComposeForm,
    data: QueryDict,
    *,
    quiet: bool = False,
    status: int = 200,
    from_draft: datetime | None = None,
    notice: str = "",
    counted_later: bool = False,
) -> HttpResponse:
    """The page. `quiet`: nothing is said yet about what isn't filled in; `notice` stands on top.

    `counted_later`: where there are many influencers, the page asks for the numbers when it stands.
    """
    context = compose_context(request, form, data, counted_later=counted_later)
    if quiet:
        form.errors.clear()
        context["quiet"] = True
    context |= {"from_draft": from_draft, "notice": notice}
    return render(request, "messaging/compose/compose.html", context, status=status)


def compose_context(
    request: MemberRequest, form: ComposeForm, data: QueryDict, *, counted_later: bool = False
) -> dict[str, Any]:
    """Everything that the page and its pieces show."""
    person = preview_person(data)
    composed, html_url = Composed(), ""
    try:
        wanted = wanted_of(request, form, data)
        if counted_later and is_large(wanted):
            composed = compose_uncounted(wanted)
        else:
            composed = compose_check_all(wanted, number_of(data, "preview", 1), person)
            html_url = html_url_of(wanted, composed)
    except SelectionError as error:
        composed.trouble = str(error)
    channels = list(form.channels)
    offers = offers_of(getattr(form, "cleaned_data", {}).get("channel"))
    form.offer(offers)
    return {
        "form": form,
        "composed": composed,
        "check": composed.check,
        "preview": composed.preview,
        "html_url": html_url,
        "person_words": data.get("person", "").strip(),
        "given": [(name, value) for name in SELECTION_NAMES for value in data.getlist(name)],
        "way": data.get("to") or ComposeForm.FILTER,
        "steps": steps_of(composed, form),
        "may_send": composed.may_send and not form.errors,
        "key": data.get("key") or uuid.uuid4().hex,
        "offered": OFFERED,
        "offer": offers.named(data.get("approved_name", ""), data.get("approved_language", "")),
        "recommended": settings.BATCH_RECOMMENDED_SIZE,
        "saved_at": timezone.now(),
        "channels_exist": bool(channels),
        "takes_approved": any(provider_class(channel).takes_approved for channel in channels),
        "without_subject": " ".join(str(one.pk) for one in channels if not provider_class(one).has_subject),
        **_people(request, data),
    }


def _people(request: MemberRequest, data: QueryDict) -> dict[str, Any]:
    """What step 1 shows of each way to choose."""
    more = InfluencerFilter({name: data.get(name, "") for name in MORE}, program=request.membership.program)
    try:
        hand = by_hand(request.membership, data)
        selected = Selection.from_params(data) if "ids" in data else Selection()
    except SelectionError:
        hand, selected = None, Selection()
    shown = Influencer.objects.visible_to(request.membership).in_bulk(selected.ids[:NAMES_SHOWN])
    return {
        "more_fields": [more.form[name] for name in MORE],
        "more_open": any(data.get(name) for name in MORE),
        "hand": hand,
        "file": file_told(data),
        "selected_names": [person.name for person in shown.values()],
        "selected_further": len(selected.ids) - len(shown),
    }


def html_url_of(wanted: Wanted, composed: Composed) -> str:
    """Where the frame finds the HTML as the previewed person gets it; empty if none goes along."""
    preview, template = composed.preview, wanted.template
    if template is None or preview.person is None or preview.text is None or not preview.text.html:
        return ""
    about = {"influencer": preview.person, "campaign": wanted.campaign, "stage": wanted.stage}
    query = urlencode({name: one.pk for name, one in about.items() if one is not None})
    page = reverse("template-html", kwargs={"program": wanted.program.slug, "pk": template.pk})
    return f"{page}?{query}"


def preview_person(data: QueryDict) -> str:
    """The words by which the previewed person is looked for: only when they are new, so that Next leads on from there."""
    words = data.get("person", "").strip()
    pressed = len(data.getlist("preview")) > 1
    return "" if pressed or words == data.get("person_was", "").strip() else words


def steps_of(composed: Composed, form: ComposeForm) -> list[Step]:
    """The four steps, each with whether it is done."""
    check, wrong = composed.check, form.errors
    return [
        Step(
            1,
            _("Who"),
            "who",
            bool(check and check.total) and not {"campaign", "stage", "contacts"} & set(wrong),
        ),
        Step(
            2,
            _("Message"),
            "message",
            not composed.faults and not {"channel", "body", "subject"} & set(wrong),
        ),
        Step(3, _("Check"), "step-check", composed.may_send),
        Step(4, _("Send"), "when", "scheduled_for" not in wrong and composed.may_send),
    ]


def wanted_of(request: MemberRequest, form: ComposeForm, data: QueryDict) -> Wanted:
    """What the form says, also where it isn't valid yet. Raises SelectionError."""
    chosen = getattr(form, "cleaned_data", {})
    program = request.membership.program
    who = who_of(data, chosen, program)
    approved = ComposeForm.approved(chosen)
    offer = None
    if approved:
        offer = offers_of(chosen.get("channel")).named(approved["name"], approved["language"])
    body = approved_shown(approved, offer) if approved else data.get("body", "")
    channel = chosen.get("channel")
    is_letter = channel is not None and provider_class(channel).reaches == ChannelType.EMAIL
    return Wanted(
        program=program,
        channel=channel,
        selection=who.selection,
        subject="" if approved else data.get("subject", ""),
        body=body,
        html=html_of_template(chosen.get("template"), body) if is_letter else "",
        approved=approved,
        offer=offer,
        template=chosen.get("template"),
        campaign=who.campaign,
        stage=who.stage,
        exclude_past=bool(chosen.get("exclude_past")),
    )


def compose_keep(request: MemberRequest, data: QueryDict) -> None:
    """Keep what stands in the form as the user's draft."""
    content = {name: data.getlist(name) for name in data if name not in NOT_KEPT}
    # Of the hidden number and the button that was pressed, the button counts.
    content["preview"] = content.get("preview", ["1"])[-1:]
    program = request.membership.program
    draft_save(program=program, user=request.user, content=content, key=data.get("key", ""))
