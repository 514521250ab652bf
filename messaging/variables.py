"""The variables that a message may use, and where their values come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from campaigns.models import Campaign, Influencer, Participant, Stage

Values = dict[str, Any]

Known = Mapping[str, Mapping[str, bool | None]]

# What stands below each name. None: whatever the program has put there (custom fields, networks). A name with nothing
# known below it has whatever somebody sends.
KNOWN: Known = {
    "influencer": {
        "first_name": False,
        "last_name": False,
        "name": False,
        "email": False,
        "phone": False,
        "external_id": False,
        "handles": None,
        "attributes": None,
        "tags": None,
    },
    "participant": {"dates": None, "since": False},
    "campaign": {"name": False},
    "stage": {"name": False},
    "program": {"name": False},
    "sender": {"name": False, "address": False},
    "links": {"unsubscribe": False},
}
# For the editor's list: what can be clicked into the text, and what it is.
OFFERED: Mapping[str, str | Promise] = {
    "influencer.first_name": _("First name"),
    "influencer.last_name": _("Last name"),
    "influencer.name": _("Whole name, else the handle"),
    "influencer.email": _("E-mail address"),
    "influencer.phone": _("Phone number, with +"),
    "influencer.external_id": _("ID in your system"),
    "influencer.handles.instagram": _("Handle; any other network likewise"),
    "influencer.attributes.size": _("A custom field; any other likewise"),
    "participant.dates.event": _("A date of theirs in the campaign; any other likewise"),
    "participant.since": _("The day on which they came to their stage"),
    "campaign.name": _("The campaign"),
    "stage.name": _("The stage"),
    "program.name": _("The program"),
    "sender.name": _("Who it is from"),
    "links.unsubscribe": _("Where they can unsubscribe by themselves"),
}


def influencer_values(influencer: Influencer) -> Values:
    """What `influencer` means in a message to this person, for a preview; a claim reads the same for all of its people."""
    return {
        "first_name": influencer.first_name,
        "last_name": influencer.last_name,
        "name": influencer.known_as,
        "email": influencer.email,
        "phone": f"+{influencer.msisdn}" if influencer.msisdn else None,
        "external_id": influencer.external_id,
        "handles": influencer.handles or {},
        "attributes": influencer.attributes or {},
        "tags": influencer.tags or [],
    }


def participants_values(campaign: Campaign | None, influencer_ids: Sequence[int]) -> dict[int, Values]:
    """What `participant` means to each of these influencers; who isn't in the campaign isn't in the answer. One query."""
    if campaign is None:
        return {}
    rows = Participant.objects.filter(campaign=campaign).of_influencers(influencer_ids)
    zone = ZoneInfo(campaign.program.time_zone)
    return {
        influencer: {"dates": dates or {}, "since": since.astimezone(zone).date().isoformat()}
        for influencer, dates, since in rows.values_list("influencer_id", "dates", "entered_stage_at")
    }


def shared_values(program: Program, campaign: Campaign | None, stage: Stage | None) -> Values:
    """What is the same for every recipient of a broadcast."""
    return {
        "campaign": {"name": campaign.name} if campaign else {},
        "stage": {"name": stage.name} if stage else {},
        "program": {"name": program.name},
        "sender": {"name": program.sender_name, "address": program.sender_address},
        # Each recipient's own takes its place when the message goes out.
        "links": {"unsubscribe": f"{settings.BASE_URL}/u/"},
    }
