"""Rows of triggers and of those who are found by them."""

from __future__ import annotations

from typing import Any

from batchadmin.accounts.models import Membership
from campaigns.models import Influencer, Subscription
from messaging.models import Trigger
from tests.messaging.factories import ChannelFactory


def trigger_of(membership: Membership, **fields: Any) -> Trigger:
    """A trigger of the member's program, active unless told otherwise."""
    channel = fields.pop("channel", None) or ChannelFactory.create(program=membership.program)
    return Trigger.objects.create(
        **{
            "program": membership.program,
            "channel": channel,
            "name": f"Order sent {Trigger.objects.count()}",
            "subject": "Your order",
            "body": "It is on its way.",
            "is_active": True,
            **fields,
        }
    )


def person(membership: Membership, **fields: Any) -> Influencer:
    """Somebody of the member's program."""
    number = Influencer.objects.count()
    values = {"first_name": f"Zoe{number}", "email": f"zoe{number}@example.com", **fields}
    return Influencer.objects.create(program=membership.program, **values)


def subscription(influencer: Influencer, kind: str, address: str = "", **fields: Any) -> Subscription:
    """A further address of somebody."""
    return Subscription.objects.create(
        program=influencer.program, influencer=influencer, kind=kind, address=address, **fields
    )
