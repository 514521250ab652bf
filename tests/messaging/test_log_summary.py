"""The sentence on top of a log says who got it, who didn't and why, in every state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from batchadmin.accounts.models import User
from batches.models import BatchRequest
from batches.presentation import Progress
from messaging.models import Broadcast, Channel
from messaging.summaries import summary_of

BEGAN = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)


def words(status: str, reasons: Sequence[tuple[str, str, int]] = (), **fields: Any) -> str:
    """The sentence about a broadcast by a channel of this type (`by`), with these counts and `left` seconds."""
    by, left = fields.pop("by", "smtp"), fields.pop("left", None)
    came_back = {name: fields.pop(name, 0) for name in ("delivered", "read")}
    batch = BatchRequest(kind="broadcast", name="News", status=status, **fields)
    names = ("pending", "in_flight", "succeeded", "failed", "skipped", "not_sent", "unknown")
    batch.total = sum(getattr(batch, name) for name in names)
    channel = Channel(name="Office", type=by)
    return summary_of(
        Broadcast(batch=batch, channel=channel, **came_back), Progress(0, batch.total, left=left), reasons
    )


@pytest.mark.parametrize(
    ("fields", "reasons", "sentence"),
    [
        (
            {"succeeded": 9812, "failed": 150, "skipped": 38},
            [("failed", "5.7.1", 150), ("skipped", "opted_out", 38)],
            "9,812 of 10,000 are sent. 150 were refused by their server, 38 have opted out.",
        ),
        ({"succeeded": 1, "failed": 1}, [("failed", "5.1.1", 1)], "1 of 2 is sent. 1 has an address that doesn't exist."),
        ({"failed": 3}, [("failed", "5.2.2", 3)], "None of 3 got it. 3 failed (Mailbox full)."),
        ({"skipped": 1}, [("skipped", "no_address", 1)], "The one person was left out. 1 has no e-mail address."),
        (
            {"unknown": 2},
            [("unknown", "unknown", 2)],
            "None of 2 is known to have got it. 2 are unknown, for their answers were lost.",
        ),
        ({}, [], "Nobody is in it, so there is nothing to send."),
    ],
)  # fmt: skip
def test_one_that_has_ended(fields: dict[str, int], reasons: Any, sentence: str) -> None:
    assert words("failed", reasons, **fields) == sentence


def test_arrivals_are_spoken_of_only_where_they_are_reported() -> None:
    counts: dict[str, Any] = {"succeeded": 10, "delivered": 10}
    assert words("completed", by="smtp", **counts) == "10 of 10 are sent."
    assert words("completed", by="whatsapp", **counts) == "All 10 got it."
    assert words("completed", by="whatsapp", succeeded=10, delivered=1) == "10 of 10 are sent; 1 has arrived."
    assert words("completed", by="whatsapp", succeeded=2, skipped=1, delivered=2) == "2 of 3 got it."


def test_many_reasons_are_cut_to_the_most_frequent_of_each_kind() -> None:
    failed = [("failed", code, 9 - place) for place, code in enumerate(("5.7.1", "5.1.1", "5.2.2", "other"))]
    said = words("failed", [*failed, ("skipped", "opted_out", 3)], succeeded=1, failed=30, skipped=3)
    assert said.endswith(
        "9 were refused by their server, 8 have addresses that don't exist, 13 failed for other reasons, 3 have opted out."
    )


def test_one_that_runs_says_how_many_wait_and_how_long() -> None:
    counts: dict[str, Any] = {"succeeded": 4210, "failed": 12, "skipped": 150, "pending": 5628}
    said = words("processing", [("failed", "131026", 12)], by="whatsapp", left=70.0, **counts)
    assert said == "4,210 of 10,000 are sent, 5,628 wait. About 1 min 10 s left. 12 are not on WhatsApp."
    assert words("queued", pending=1) == "1 of 1 waits for its turn."


def test_one_that_was_stopped_says_who_and_what_still_went_out() -> None:
    ana = User(full_name="Ana", email="ana@glow.example")
    at: dict[str, Any] = {"stopped_by": ana, "stop_requested_at": BEGAN}
    said = words("stopped", [("not_sent", "stopped", 8)], succeeded=4, not_sent=8, after_stop=2, **at)
    assert (
        said
        == "Ana stopped it on 3 May 2026 at 09:00 UTC. 4 went out, 2 of them after the click. 8 were not sent."
    )
    assert words("stopping", succeeded=1, in_flight=1, **at) == (
        "Ana has stopped it. 1 went out. 1 is being handed over; nothing new begins."
    )


def test_one_that_has_not_begun_says_when_and_who_is_left_out() -> None:
    soon = timezone.now() + timedelta(days=2)
    said = words("scheduled", [("skipped", "opted_out", 1)], pending=3, skipped=1, scheduled_for=soon)
    assert said.startswith("Goes out on ")
    assert said.endswith(" to 3 of 4. 1 has opted out.")
    assert "1 still waits: send it now, or drop it." in words("overdue", pending=1, scheduled_for=BEGAN)
    assert words("waiting_for_retry", pending=2).startswith(
        "Something broke; what is left is tried again soon."
    )
