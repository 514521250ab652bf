"""Compose after the session has ended: what was typed comes back, to whoever typed it, and nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.throttling import KEPT_PER_MINUTE
from batches.models import BatchRequest
from tests.factories import PASSWORD, MembershipFactory
from tests.messaging.factories import ChannelFactory, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def typed(member: Membership) -> dict[str, Any]:
    """A form that would be sent to two."""
    people(member, 2)
    channel = ChannelFactory.create(program=member.program)
    return {
        "composing": "yes",
        "author": member.user.pk,
        "to": "filter",
        "channel": channel.pk,
        "subject": "Long thought about",
        "body": "Hi {{ influencer.first_name }}",
        "when": "now",
        "key": "k1",
        "action": "send",
    }


def log_in(client: Client, user_email: str, then: str) -> str:
    data = {"username": user_email, "password": PASSWORD, "next": then}
    return client.post(reverse("log-in"), data, follow=True).content.decode()


def test_what_was_sent_without_a_session_comes_back_after_the_log_in(
    client: Client, member: Membership, typed: dict[str, Any]
) -> None:
    address = reverse("broadcast-new", args=[member.program.slug])
    log_in_page = client.post(address, typed, follow=True)
    assert "What you wrote is kept" in log_in_page.content.decode()
    page = log_in(client, member.user.email, address)
    assert "Long thought about" in page
    assert "nothing has been sent" in page
    assert not BatchRequest.objects.exists()
    assert "nothing has been sent" not in client.get(address).content.decode()
    client.post(address, typed)
    assert BatchRequest.objects.get().name == "Long thought about"


def test_nobody_else_gets_to_see_it(client: Client, member: Membership, typed: dict[str, Any]) -> None:
    other = MembershipFactory.create(program=member.program)
    address = reverse("broadcast-new", args=[member.program.slug])
    client.post(address, typed)
    assert "Long thought about" not in log_in(client, other.user.email, address)


def test_pages_that_do_not_keep_forms_keep_nothing(client: Client, member: Membership) -> None:
    client.post(reverse("campaign-new", args=[member.program.slug]), {"name": "Spring"})
    assert "carried" not in client.session


def test_a_stranger_cannot_fill_the_sessions(
    client: Client, member: Membership, typed: dict[str, Any]
) -> None:
    address = reverse("broadcast-new", args=[member.program.slug])
    for _time in range(2 * KEPT_PER_MINUTE + 1):  # whenever the minute ends meanwhile
        client.cookies.clear()
        client.post(address, typed)
    kept = sum("carried" in session.get_decoded() for session in Session.objects.all())
    assert KEPT_PER_MINUTE <= kept <= 2 * KEPT_PER_MINUTE


def test_names_of_fields_count_as_well(client: Client, member: Membership) -> None:
    address = reverse("broadcast-new", args=[member.program.slug])
    client.post(address, "x" * 500_001 + "=y", content_type="application/x-www-form-urlencoded")
    assert "carried" not in client.session


def test_more_than_a_session_should_hold_is_not_kept(
    client: Client, member: Membership, typed: dict[str, Any]
) -> None:
    typed["body"] = "x" * 500_001
    client.post(reverse("broadcast-new", args=[member.program.slug]), typed)
    assert "carried" not in client.session
