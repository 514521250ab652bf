"""The dashboard: what runs, what needs a person, what the week came to, and what to do first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import Import, ImportBulk
from messaging.models import Broadcast, Channel
from messaging.weeks import week_count
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, people, request_broadcast

QUERIES = 12
LIVE = {"HX-Request": "true", "HX-Target": "live"}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db"), pytest.mark.wrong_books]


@pytest.fixture
def logged_in(client: Client, member: Membership) -> Client:
    client.force_login(member.user)
    return client


def page(member: Membership) -> str:
    return reverse("dashboard", args=[member.program.slug])


def text_of(client: Client, member: Membership) -> str:
    response = client.get(page(member))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def broadcast(member: Membership, channel: Channel, **fields: Any) -> Broadcast:
    """A broadcast as these fields of its batch say; `delivered` is the broadcast's own."""
    people(member, 1)
    made = request_broadcast(member, channel)
    Broadcast.objects.filter(pk=made.pk).update(delivered=fields.pop("delivered", 0))
    counts = {
        "pending": 0,
        "total": sum(fields.get(name, 0) for name in ("pending", "succeeded", "failed", "unknown")),
    }
    BatchRequest.objects.filter(pk=made.pk).update(**{**counts, **fields})
    return made


def mail_channel(member: Membership) -> Channel:
    settings = {"host": "localhost", "port": 25, "security": "none"}
    made: Channel = ChannelFactory.create(program=member.program, type="smtp", settings=settings)
    return made


def reject_rows(member: Membership, count: int, **fields: Any) -> Import:
    """An import of which so many rows were rejected."""
    made = Import.objects.create(
        program=member.program,
        import_id="may",
        file_name="may.csv",
        requester=member.user,
        state="started",
        **fields,
    )
    batch = BatchRequest.objects.create(
        program=member.program, requester=member.user, kind="import", type="Import", listed=False, name="may",
        status="failed", total=count, failed=count,
    )  # fmt: skip
    ImportBulk.objects.create(batch=batch, parent=made, number=1, operation="upsert", members_rejected=count)
    return made


def test_everything_that_needs_a_person_leads_to_where_it_is_settled(
    logged_in: Client, member: Membership
) -> None:
    channel = ChannelFactory.create(program=member.program)
    now = timezone.now()
    lost = broadcast(member, channel, status="failed", unknown=9, finished_at=now)
    late = broadcast(member, channel, status="overdue", pending=5, scheduled_for=now - timedelta(hours=5))
    still = broadcast(
        member,
        channel,
        status="processing",
        pending=1,
        started_at=now,
        progress_at=now - timedelta(minutes=3),
    )
    automated = broadcast(
        member, channel, status="processing", pending=2, kind="automated", listed=False, started_at=now,
        progress_at=now - timedelta(minutes=3), name="Welcome",
    )  # fmt: skip
    mended = reject_rows(member, 15)
    Channel.objects.filter(pk=channel.pk).update(
        status="paused", paused_by="fault", pause_reason="12 faults in a row."
    )
    text = text_of(logged_in, member)
    for words in (
        "9 outcomes are unknown in Your box",
        "Your box is overdue: 5 still wait",
        "15 rows of may.csv were rejected, kept for 23 h",
        "has paused itself: 12 faults in a row",
        "Your box: Stalled. No worker is running",
        "What goes out by itself is late (Welcome): Stalled.",
    ):
        assert words in text
    for need in (
        f"unknown-{lost.pk}",
        f"overdue-{late.pk}",
        f"stalled-{still.pk}",
        f"stalled-{automated.pk}",
        f"rejected-{mended.pk}",
    ):
        assert f'id="need-{need}"' in text
    with CaptureQueriesContext(connection) as found:
        logged_in.get(page(member))
    assert len(found) <= QUERIES, [query["sql"][:150] for query in found]


def test_with_nothing_to_do_it_says_so_and_others_troubles_are_not_shown(
    logged_in: Client, member: Membership
) -> None:
    ChannelFactory.create(program=member.program)
    other = MembershipFactory.create()
    broadcast(
        other,
        ChannelFactory.create(program=other.program),
        status="failed",
        unknown=9,
        finished_at=timezone.now(),
    )
    reject_rows(other, 3)
    text = text_of(logged_in, member)
    assert "Nothing. All is well." in text
    assert "Nothing runs right now." in text
    assert "rejected" not in text


def test_a_fragment_costs_no_more_and_nothing_is_sent_while_nothing_changed(
    logged_in: Client, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    # That nothing has come forward for ten seconds would be a change, and rightly told.
    monkeypatch.setattr("batches.presentation.progress.QUIET_AFTER", timedelta(hours=1))
    one = broadcast(
        member,
        ChannelFactory.create(program=member.program),
        status="processing",
        pending=3,
        started_at=timezone.now(),
    )
    first = logged_in.get(page(member), headers=LIVE)
    for piece in ("dashboard-running", "dashboard-needs", "dashboard-week", "week-rows", "dashboard-recent"):
        assert f'id="{piece}"' in first.content.decode()
    with CaptureQueriesContext(connection) as found:
        again = logged_in.get(page(member), headers={**LIVE, "HX-Live-Version": first["HX-Live-Version"]})
    assert again.status_code == 204
    assert len(found) <= QUERIES
    BatchRequest.objects.filter(pk=one.pk).update(pending=2, succeeded=1)
    assert (
        logged_in.get(page(member), headers={**LIVE, "HX-Live-Version": first["HX-Live-Version"]}).status_code
        == 200
    )


def test_the_week_speaks_of_deliveries_only_where_they_are_reported(member: Membership) -> None:
    mail, now = mail_channel(member), timezone.now()
    today = timezone.localdate(now)
    broadcast(member, mail, status="completed", succeeded=10, requested_at=now)
    assert week_count(member, today).words == "10 sent, deliveries not reported, 0 failed."
    broadcast(
        member,
        ChannelFactory.create(program=member.program),
        status="failed",
        succeeded=4,
        failed=1,
        delivered=3,
        requested_at=now,
    )
    week = week_count(member, today)
    assert week.words == "14 sent, 3 delivered (75% of 4; the others' channels don't report), 1 failed."
    Broadcast.objects.filter(channel=mail).update(
        channel=Channel.objects.exclude(pk=mail.pk)[0], delivered=10
    )
    assert week_count(member, today).words == "14 sent, 13 delivered (92.8%), 1 failed."


def test_each_day_stands_by_itself_and_older_ones_not_at_all(logged_in: Client, member: Membership) -> None:
    channel, now = ChannelFactory.create(program=member.program), timezone.now()
    for days in (0, 2, 2, 8):
        broadcast(
            member,
            channel,
            status="completed",
            succeeded=5,
            requested_at=now - timedelta(days=days),
        )
    week = week_count(member, timezone.localdate(now))
    assert [day.sent for day in week.days] == [0, 0, 0, 0, 10, 0, 5]
    assert [len(day.bars) for day in week.days] == [0, 0, 0, 0, 1, 0, 1]
    text = text_of(logged_in, member)
    day = (timezone.localdate(now) - timedelta(days=2)).isoformat()
    assert f"?since={day}&amp;until={day}" in text


def test_a_new_program_is_told_what_to_do_first(
    client: Client, logged_in: Client, member: Membership
) -> None:
    text = text_of(logged_in, member)
    assert "First steps" in text
    assert "There is no channel to send with yet." in text
    assert "Nothing was sent in the last seven days." in text
    people(member, 1)
    assert 'Import your influencers <span class="text-secondary">(done)' in text_of(logged_in, member)
    viewer = MembershipFactory.create(program=member.program, role=Role.VIEWER)
    client.force_login(viewer.user)
    assert "First steps" not in text_of(client, viewer)
