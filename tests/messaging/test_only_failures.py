"""A broadcast whose first fifty have all failed says so while it can still be stopped."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from tests.messaging.factories import people, request_broadcast

WORDS = "The first 50 have all failed."

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


def log_of(client: Client, member: Membership, **counts: int) -> str:
    client.force_login(member.user)
    people(member, 60)
    broadcast = request_broadcast(member)
    keys = list(broadcast.batch.items.values_list("key", flat=True))
    for status, count in counts.items():
        broadcast.batch.items.filter(key__in=[keys.pop() for _one in range(count)]).update(status=status)
    counts["pending"] = len(keys)
    BatchRequest.objects.filter(pk=broadcast.pk).update(**counts)
    return client.get(reverse("broadcast", args=[member.program.slug, broadcast.pk])).content.decode()


def test_when_the_first_fifty_have_failed_it_says_so_and_offers_to_stop(
    client: Client, member: Membership
) -> None:
    text = log_of(client, member, failed=50)
    assert WORDS in text
    assert 'id="only-failures-stop"' in text


def test_once_somebody_is_reached_nothing_is_said(client: Client, member: Membership) -> None:
    assert WORDS not in log_of(client, member, failed=50, succeeded=1)
