"""Rows of channels, templates and broadcasts."""

from __future__ import annotations

from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from batchadmin.accounts.models import Membership
from campaigns.models import Influencer
from messaging.models import Broadcast, Channel, Template
from messaging.services import broadcast_request
from tests.factories import ProgramFactory

QUIET = {
    "delivered": 0.0,
    "read": 0.0,
    "failed": 0.0,
    "refused": 0.0,
    "late": 0.0,
    "latency": 0.0,
    "receipts_after": 0.0,
}


class ChannelFactory(DjangoModelFactory[Channel]):
    """A sandbox that accepts everything and reports nothing."""

    class Meta:
        model = Channel

    program = factory.SubFactory(ProgramFactory)
    name = factory.Sequence(lambda number: f"Sandbox {number}")
    type = "sandbox"
    settings = factory.LazyFunction(lambda: dict(QUIET))
    connections = 10


class TemplateFactory(DjangoModelFactory[Template]):
    """A template of a program."""

    class Meta:
        model = Template

    program = factory.SubFactory(ProgramFactory)
    name = factory.Sequence(lambda number: f"Invitation {number}")
    subject = "Join us"
    body = "Hi {{ influencer.first_name }}"


def zone_at_noon() -> str:
    """A time zone in which it is about noon now, so that no test's day ends in its midst."""
    return f"Etc/GMT{timezone.now().hour - 12:+}"  # these are named the other way round: what is behind has a plus


def people(membership: Membership, number: int, **fields: Any) -> list[Influencer]:
    """That many influencers of the member's program."""
    before = Influencer.objects.count()
    return Influencer.objects.bulk_create(
        Influencer(
            **{
                "program": membership.program,
                "first_name": f"Bea{one}",
                "email": f"bea{one}@example.com",
                **fields,
            }
        )
        for one in range(before, before + number)
    )


def smtp_channel(membership: Membership, server: Any, **fields: Any) -> Channel:
    """A channel to a mail server of a test."""
    options = {
        "host": server.host,
        "port": server.port,
        "security": "none",
        "username": "",
        "from_address": "",
    }
    made: Channel = ChannelFactory.create(program=membership.program, type="smtp", settings=options, **fields)
    return made


def request_broadcast(membership: Membership, channel: Channel | None = None, **fields: Any) -> Broadcast:
    """A broadcast to everybody in the member's program."""
    return broadcast_request(
        program=membership.program,
        by=membership.user,
        channel=channel or ChannelFactory.create(program=membership.program),
        **{
            "subject": "Your box",
            "body": "Hi {{ influencer.first_name }}",
            "audience": Influencer.objects.filter(program=membership.program),
            **fields,
        },
    )
