"""Programs full of people to measure with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import connection

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import program_create
from campaigns.models import Campaign
from campaigns.services import campaign_create
from messaging.models import Channel
from messaging.services.channels import channel_save

FILL = """
INSERT INTO campaigns_influencer
    (program_id, first_name, last_name, email, msisdn, handles, tags, attributes, created_at, updated_at)
SELECT %(program)s, 'Bea ' || n, '', 'bea' || n || '.' || %(mark)s || '@example.com', (4915100000000 + n)::text,
       '{}', '{}', '{}', now(), now()
FROM generate_series(1, %(people)s) AS n
"""


@dataclass(frozen=True)
class Population:
    """A program of its own for one run."""

    program: Program
    owner: User
    people: int

    @classmethod
    def of(cls, people: int) -> Population:
        """A new program with so many influencers, who have an e-mail address and a phone number."""
        mark = uuid.uuid4().hex[:8]
        made = program_create(name=f"Bench {mark}", owner_email=f"owner-{mark}@example.com")
        made.program.sender_address = "hello@example.com"
        made.program.save()
        with connection.cursor() as cursor:
            cursor.execute(FILL, {"program": made.program.pk, "mark": mark, "people": people})
            cursor.execute(
                "VACUUM ANALYZE campaigns_influencer"
            )  # as tables are that were not filled a moment ago
        return cls(made.program, made.user, people)

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
