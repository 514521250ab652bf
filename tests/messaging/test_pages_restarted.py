"""What was restarted leads to its newest restart, and is not offered for restarting again."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.services import batch_stop
from messaging.models import Broadcast
from messaging.services import broadcast_restart
from tests.messaging.factories import ChannelFactory, people, request_broadcast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def line(client: Client, member: Membership) -> list[Broadcast]:
    """A broadcast, its restart, and the restart of that one, which waits."""
    client.force_login(member.user)
    people(member, 2)
    channel = ChannelFactory.create(program=member.program)
    links = [request_broadcast(member, channel)]
    for subject in ("Your box, again", "Your box, at last"):
        batch_stop(batch=links[-1].batch, by=member.user)
        links[-1].batch.refresh_from_db()
        links.append(broadcast_restart(broadcast=links[-1], by=member.user, subject=subject).broadcast)
    return links


def page(member: Membership, name: str, *parts: int) -> str:
    return reverse(name, args=[member.program.slug, *parts])


def test_a_restarted_row_leads_to_the_newest_restart_and_offers_no_other(
    client: Client, member: Membership, line: list[Broadcast]
) -> None:
    text = client.get(page(member, "broadcasts")).content.decode()
    assert text.count("Restarted as Your box, at last") == 2
    assert f'href="{page(member, "broadcast", line[2].pk)}"' in text
    for link in line:
        assert page(member, "broadcast-restart", link.pk) not in text


def test_a_restarted_log_leads_to_the_newest_restart(
    client: Client, member: Membership, line: list[Broadcast]
) -> None:
    text = client.get(page(member, "broadcast", line[0].pk)).content.decode()
    assert "Restarted as Your box, at last" in text
    assert page(member, "broadcast-restart", line[0].pk) not in text


def test_a_row_that_is_looked_at_learns_that_it_was_restarted(
    client: Client, member: Membership, line: list[Broadcast]
) -> None:
    asked = {"HX-Request": "true", "HX-Target": "live"}
    url = f"{page(member, 'broadcasts')}?shown={line[0].pk}"
    assert "Restarted as Your box, at last" in client.get(url, headers=asked).content.decode()
