"""What the reliability tests share: a program that can send over a real SMTP server, and the account of who got what."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

from batchadmin.accounts.models import Membership
from batches.engine.sweeper import counts_check
from batches.models import COUNTED, BatchItem, BatchRequest
from batches.states import ItemStatus
from campaigns.models import Influencer
from messaging.models import Channel
from messaging.services.broadcasts import broadcast_request
from messaging.services.channels import channel_save
from tests.factories import MembershipFactory
from tests.fixtures.smtp import SmtpServer

LONG = os.environ.get("RELIABILITY") == "long"
only_long = pytest.mark.skipif(not LONG, reason="takes its time: script/test --reliability")
CONNECTIONS = 4
WORKERS = 2


def scale(long: int, short: int) -> int:
    """The size of a test: as `docs/reliability.md` publishes it, or short enough for every run of all tests."""
    return long if LONG else short


@dataclass
class Road:
    """A manager's program with a channel to the test's SMTP server."""

    server: SmtpServer
    member: Membership = field(default_factory=MembershipFactory.create)
    channel: Channel = field(init=False)

    def __post_init__(self) -> None:
        self.channel = channel_save(
            program=self.member.program,
            by=self.member.user,
            name="Office",
            type="smtp",
            options={"host": self.server.host, "port": self.server.port, "security": "none"},
            connections=CONNECTIONS,
        )

    def pace(self, rate: float | None) -> None:
        """Messages a second from now on."""
        Channel.objects.filter(pk=self.channel.pk).update(rate=rate)

    def populate(self, people: int) -> None:
        """Give the program this many more influencers."""
        first = Influencer.objects.count()
        Influencer.objects.bulk_create(
            Influencer(
                program=self.member.program,
                first_name=f"Bea {n}",
                email=f"bea{n}.p{self.member.program_id}@example.com",
            )
            for n in range(first, first + people)
        )

    def send(self, people: int, subject: str = "Spring box") -> BatchRequest:
        """Populate the program and send everybody in it a message."""
        self.populate(people)
        return self.send_to_all(subject)

    def send_to_all(self, subject: str = "Spring box") -> BatchRequest:
        """Send everybody in the program a message."""
        broadcast = broadcast_request(
            program=self.member.program,
            by=self.member.user,
            channel=self.channel,
            subject=subject,
            body="Hi {{ influencer.first_name }},\n\nyour box is on its way.\n",
            audience=Influencer.objects.filter(program=self.member.program),
        )
        return broadcast.batch


def until(what: Callable[[], bool], *, seconds: float, name: str, every: float = 0.05) -> None:
    """Wait for something to come true; fails the test with its name otherwise."""
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, f"{name} did not happen within {seconds:.0f} s"
        time.sleep(every)


def until_ended(batch: BatchRequest, seconds: float = 300) -> BatchRequest:
    """Wait for the batch's end."""

    def ended() -> bool:
        batch.refresh_from_db()
        return not batch.is_live

    until(ended, seconds=seconds, name=f"the end of {batch} ({batch.status}, {batch.done}/{batch.total})")
    return batch


def until_sent(server: SmtpServer, messages: int, seconds: float = 180) -> None:
    """Wait until the server has at least so many messages."""
    until(lambda: len(server.messages) >= messages, seconds=seconds, name=f"message {messages}", every=0.01)


def fates(batch: BatchRequest) -> dict[str, str]:
    """Each address of the ledger with how it stands."""
    rows = BatchItem.objects.filter(batch=batch).values_list("payload", "status")
    return {str((payload or {})["to"]): status for payload, status in rows}


def account(batch: BatchRequest, server: SmtpServer, *, unknown_at_most: int) -> None:
    """The promise, counted at the server: nobody twice, nobody lost, and what is not known is said to be unknown."""
    batch.refresh_from_db()
    assert twice(server.addresses()) == []
    assert counts_check() == []
    ledger = fates(batch)
    assert len(ledger) == batch.total
    assert batch.waiting == 0
    has_it = set(server.addresses())
    told = {status: {address for address, fate in ledger.items() if fate == status} for status in ItemStatus}
    assert told[ItemStatus.SUCCEEDED] <= has_it, "recorded as sent, but the server has never seen it"
    assert has_it & set(ledger) <= told[ItemStatus.SUCCEEDED] | told[ItemStatus.UNKNOWN], (
        "sent, but recorded otherwise"
    )
    found(batch, at_the_server=len(has_it & set(ledger)), unknown_at_most=unknown_at_most)
    assert len(told[ItemStatus.UNKNOWN]) <= unknown_at_most


def found(batch: BatchRequest, **more: int) -> None:
    """Note what a test found, for `docs/reliability.md`; the file lies in DATA_DIR."""
    counts = {name: getattr(batch, name) for name in ("total", *COUNTED[2:])}
    line = {
        "test": os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[2],
        "status": batch.status,
        **counts,
        **more,
    }
    with (Path(settings.DATA_DIR) / "reliability.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def twice(addresses: Iterable[str]) -> list[str]:
    """The addresses that got more than one message."""
    return sorted(address for address, messages in Counter(addresses).items() if messages > 1)
