"""A channel whose provider is down pauses itself, says so, and goes on by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from messaging import answers, breaker
from messaging.models import Channel
from messaging.services import channel_pause
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import people, request_broadcast, smtp_channel

Send = Callable[..., BatchRequest]


def test_the_pause_is_told_on_the_logs_page_and_ends_by_itself(
    smtp_server: SmtpServer,
    member: Membership,
    send: Send,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breaker, "FIRST_WAIT", 300.0)  # the page is drawn within it, on any machine
    monkeypatch.setattr(answers, "RETRY_SECONDS", (0.01,))
    people(member, 3)
    channel = smtp_channel(member, smtp_server)
    smtp_server.on_connect = lambda number: "421 Down for maintenance"
    broadcast = request_broadcast(member, channel)
    send(broadcast, slices=2)
    channel.refresh_from_db()
    assert channel.next_try_at is not None
    client.force_login(member.user)
    page = client.get(reverse("broadcast", args=[member.program.slug, broadcast.pk])).content.decode()
    assert "Channel paused" in page
    assert "Down for maintenance" in page
    assert f"Next try at {timezone.localtime(channel.next_try_at):%H:%M}" in " ".join(page.split())
    smtp_server.on_connect = lambda number: None
    Channel.objects.update(next_try_at=timezone.now())
    BatchRequest.objects.update(wake_at=timezone.now())
    batch = send(broadcast)  # nobody does anything but serve it
    channel.refresh_from_db()
    assert (channel.status, channel.faults, batch.succeeded) == ("active", 0, 3)


@pytest.mark.django_db
def test_an_answer_ends_a_pause_and_its_faults_at_once_and_leaves_one_of_a_persons(
    smtp_server: SmtpServer, member: Membership
) -> None:
    channel = smtp_channel(member, smtp_server)
    breaker.channel_broke(channel=channel, reason="421", words="Down")
    with CaptureQueriesContext(connection) as found:
        breaker.channel_recovered(channel=channel)
    written = [query["sql"] for query in found if query["sql"].startswith('UPDATE "messaging_channel"')]
    assert len(written) == 1  # between two, another worker's fault would be half forgotten
    channel.refresh_from_db()
    assert (channel.status, channel.faults, channel.next_try_at) == ("active", 0, None)
    channel_pause(channel=channel, by=member.user)
    Channel.objects.filter(pk=channel.pk).update(faults=2)
    breaker.channel_recovered(channel=channel)
    channel.refresh_from_db()
    assert (channel.status, channel.paused_by, channel.faults) == ("paused", "person", 0)
    assert channel.pause_reason
