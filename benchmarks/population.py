"""Programs full of people to measure with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import program_create
from campaigns.models import Campaign, Influencer
from campaigns.services import campaign_create
from messaging.models import Channel
from messaging.services.channels import channel_save


@dataclass(frozen=True)
class Population:
    """A program of its own for one run."""

    program: Program
    owner: User

    @classmethod
    def of(cls, people: int) -> Population:
        """A new program with so many influencers."""
        mark = uuid.uuid4().hex[:8]
        made = program_create(name=f"Bench {mark}", owner_email=f"owner-{mark}@example.com")
        made.program.sender_address = "hello@example.com"
        made.program.save()
        Influencer.objects.bulk_create(
            (
                Influencer(program=made.program, first_name=f"Bea {n}", email=f"bea{n}.{mark}@example.com")
                for n in range(people)
            ),
            batch_size=5_000,
        )
        return cls(made.program, made.user)

    def mail_channel(self, port: int, connections: int) -> Channel:
        """A channel to a mail server on this machine."""
        options = {"host": "127.0.0.1", "port": port, "security": "none"}
        return channel_save(
            program=self.program,
            by=self.owner,
            name="Sink",
            type="smtp",
            options=options,
            connections=connections,
        )

    def campaign(self) -> Campaign:
        """A campaign with the usual stages."""
        return campaign_create(program=self.program, name="Spring gifting", by=self.owner)
