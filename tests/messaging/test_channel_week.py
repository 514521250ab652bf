"""What went by a channel in the last seven days, on its page: from the counts of its batches, of whatever kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.services import token_create
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from messaging.models import Channel
from messaging.triggers.asked import LaunchAsked
from messaging.triggers.services import launch_request
from messaging.weeks import week_count
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, people, request_broadcast
from tests.messaging.triggers.factories import trigger_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db"), pytest.mark.wrong_books]


@pytest.fixture
def channel(member: Membership) -> Channel:
    """The channel whose page it is."""
    found: Channel = ChannelFactory.create(program=member.program)
    return found


def went(batch: BatchRequest, **fields: Any) -> None:
    """The batch has ended with these counts."""
    counts = {name: fields.get(name, 0) for name in ("succeeded", "failed", "unknown")}
    ended = {"status": "completed", "pending": 0, "skipped": 0, "total": sum(counts.values())}
    BatchRequest.objects.filter(pk=batch.pk).update(**{**ended, **counts, **fields})


def text_of(client: Client, member: Membership, channel: Channel) -> str:
    """The channel's page as this member sees it now, with single spaces."""
    cache.clear()
    client.force_login(member.user)
    page = client.get(reverse("channel", args=[member.program.slug, channel.pk]))
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def test_a_channel_that_sent_nothing_says_so_and_draws_nothing(
    client: Client, member: Membership, channel: Channel
) -> None:
    text = text_of(client, member, channel)
    assert "Nothing was sent in the last seven days." in text
    assert "week-chart" not in text


def test_what_it_sent_stands_there_in_words_in_bars_and_in_a_table(
    client: Client, member: Membership, channel: Channel
) -> None:
    people(member, 1)
    now = timezone.now()
    went(request_broadcast(member, channel).batch, succeeded=90, failed=8, unknown=2, requested_at=now)
    text = text_of(client, member, channel)
    assert "90 sent, 8 failed, 2 unknown." in text
    assert "week-chart" in text
    assert '<rect class="week-delivered"' not in text
    day = timezone.localdate(now).isoformat()
    assert f"?channel={channel.pk}&amp;since={day}&amp;until={day}" in text
    assert '<td class="number">90</td><td class="number">8</td><td class="number">2</td>' in text


def test_other_channels_and_older_days_are_not_in_it(member: Membership, channel: Channel) -> None:
    people(member, 1)
    now, other = timezone.now(), ChannelFactory.create(program=member.program)
    for sent, by, days in ((5, channel, 0), (7, channel, 2), (11, channel, 8), (13, other, 0)):
        went(request_broadcast(member, by).batch, succeeded=sent, requested_at=now - timedelta(days=days))
    week = week_count(member, timezone.localdate(now), channel)
    assert [day.sent for day in week.days] == [0, 0, 0, 0, 7, 0, 5]
    assert week.outcomes == "12 sent, 0 failed."


def test_launches_of_triggers_count_as_well(client: Client, member: Membership) -> None:
    owner: Membership = MembershipFactory.create(program=member.program, role=Role.OWNER)
    (person,) = people(member, 1)
    trigger = trigger_of(owner)
    token, _text = token_create(program=owner.program, role=Role.MANAGER, name="Shop", by=owner.user)
    asked = LaunchAsked(trigger.pk, ({"email": person.email},))
    launch = launch_request(token=token, by=owner.user, asked=asked, later=False)
    assert launch.batch is not None
    went(launch.batch, succeeded=1)
    assert "1 sent, 0 failed." in text_of(client, member, launch.channel)
