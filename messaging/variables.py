"""The variables that a message may use, and where their values come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batchadmin.accounts.models import Program
from campaigns.models import Campaign, Influencer, Stage

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
    "campaign": {"name": False},
    "stage": {"name": False},
    "program": {"name": False},
    "sender": {"name": False, "address": False},
}
# For the editor's list: what can be clicked into the text.
OFFERED = (
    "influencer.first_name",
    "influencer.last_name",
    "influencer.name",
    "influencer.email",
    "influencer.phone",
    "influencer.handles.instagram",
    "influencer.attributes.size",
    "campaign.name",
    "stage.name",
    "program.name",
    "sender.name",
)


def influencer_values(influencer: Influencer) -> Values:
    """What `influencer` means in a message to this person."""
    return {
        "first_name": influencer.first_name,
        "last_name": influencer.last_name,
        "name": influencer.name,
        "email": influencer.email,
        "phone": influencer.msisdn,
        "external_id": influencer.external_id,
        "handles": influencer.handles or {},
        "attributes": influencer.attributes or {},
        "tags": influencer.tags or [],
    }


def shared_values(program: Program, campaign: Campaign | None, stage: Stage | None) -> Values:
    """What is the same for every recipient of a broadcast."""
    return {
        "campaign": {"name": campaign.name} if campaign else {},
        "stage": {"name": stage.name} if stage else {},
        "program": {"name": program.name},
        "sender": {"name": program.sender_name, "address": program.sender_address},
    }
