"""What support does in the admin: it asks first, acts once it is told to, says so, and leaves an entry in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import AuditEntry, Membership, User, UserSession
from batches.models import BatchRequest, Webhook, WebhookDelivery
from batches.states import BatchStatus
from messaging.models import Channel
from tests.batches.factories import make_membership_batch
from tests.factories import PASSWORD, MembershipFactory, UserFactory
from tests.messaging.factories import ChannelFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def member() -> Membership:
    made: Membership = MembershipFactory.create()
    return made


def overdue(member: Membership) -> BatchRequest:
    return make_membership_batch(member, pending=3, status=BatchStatus.OVERDUE)


def paused(member: Membership) -> Channel:
    found: Channel = ChannelFactory.create(program=member.program, status="paused", paused_by="fault")
    return found


def shut_out(member: Membership) -> User:
    for _one in range(10):
        Client().post(reverse("log-in"), {"username": member.user.email.upper(), "password": "wrong"})
    assert AccessAttempt.objects.exists()
    return member.user


def logged_in(member: Membership) -> User:
    Client().post(reverse("log-in"), {"username": member.user.email, "password": PASSWORD})
    assert UserSession.objects.filter(user=member.user).exists()
    return member.user


def given_up(member: Membership) -> WebhookDelivery:
    hook = Webhook.objects.create(
        program=member.program, url="https://example.com/", events=[], secret="s", created_by=member.user
    )
    made: WebhookDelivery = WebhookDelivery.objects.create(
        webhook=hook, event="ping", body="{}", status="gave_up", ended_at=timezone.now()
    )
    return made


Case = tuple[Callable[[Membership], models.Model], str, str, Callable[[Any], bool]]
CASES: dict[str, Case] = {
    "resume a batch": (overdue, "resume", "batch.resumed", lambda one: one.status == "queued"),
    "stop a batch": (overdue, "stop", "batch.stopped", lambda one: one.status == "stopped"),
    "sweep": (overdue, "sweep", "batch.swept", lambda one: True),
    "resume a channel": (paused, "resume", "channel.resumed", lambda one: one.status == "active"),
    "unlock a log-in": (
        shut_out,
        "unlock",
        "member.unlocked",
        lambda one: not AccessAttempt.objects.exists(),
    ),
    "end sessions": (logged_in, "log_out", "member.logged_out", lambda one: not sessions_of(one)),
    "send again": (given_up, "send_again", "webhook.resent", lambda one: one.status == "waiting"),
}


def sessions_of(user: User) -> bool:
    return UserSession.objects.filter(user=user).exists()


def list_of(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")


def staff(*rights: str) -> Client:
    user = UserFactory.create(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", CASES)
def test_it_asks_first_acts_and_is_written_down(name: str, member: Membership) -> None:
    make, action, entry, is_done = CASES[name]
    row = make(member)
    client = staff(f"view_{row._meta.model_name}", f"change_{row._meta.model_name}")
    told = {"action": action, "_selected_action": [row.pk]}
    asked = client.post(list_of(row), told).content.decode()
    assert "Yes, do it" in asked
    assert f"<li>{row.pk}: {row}" in asked
    assert not hasattr(row, "program") or f"({member.program})</li>" in asked
    assert not AuditEntry.objects.filter(action=entry).exists()

    answer = client.post(list_of(row), {**told, "confirmed": "yes"}, follow=True)
    assert [str(one).startswith(f"{row}: ") for one in answer.context["messages"]] == [True]
    row.refresh_from_db()
    assert is_done(row)
    assert AuditEntry.objects.get(action=entry).program == member.program
    assert LogEntry.objects.filter(object_id=str(row.pk)).exists()


@pytest.mark.parametrize("name", CASES)
def test_who_may_only_look_is_offered_nothing_and_gets_nothing_done(name: str, member: Membership) -> None:
    make, action, entry, _is_done = CASES[name]
    row = make(member)
    client = staff(f"view_{row._meta.model_name}")
    assert f'value="{action}"' not in client.get(list_of(row)).content.decode()
    client.post(list_of(row), {"action": action, "_selected_action": [row.pk], "confirmed": "yes"})
    assert not AuditEntry.objects.filter(action=entry).exists()


def test_what_cannot_be_done_is_said_and_leaves_no_entry(member: Membership) -> None:
    channel = ChannelFactory.create(program=member.program)
    client = staff("view_channel", "change_channel")
    told = {"action": "resume", "_selected_action": [channel.pk], "confirmed": "yes"}
    assert f"{channel}: It isn" in client.post(list_of(channel), told, follow=True).content.decode()
    assert not AuditEntry.objects.exists()
    assert not LogEntry.objects.exists()


def test_many_at_once_are_refused(member: Membership) -> None:
    channels = ChannelFactory.create_batch(101, program=member.program, status="paused")
    client = staff("view_channel", "change_channel")
    told = {"action": "resume", "_selected_action": [one.pk for one in channels], "confirmed": "yes"}
    answer = client.post(list_of(channels[0]), told, follow=True)
    assert "Choose 100 at most" in answer.content.decode()
    assert not Channel.objects.exclude(status="paused").exists()
