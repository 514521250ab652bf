"""Staff can look at everything of this app, and secrets stay secret."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from messaging.apps import MessagingConfig
from tests.factories import UserFactory
from tests.messaging.factories import ChannelFactory, people, request_broadcast

OURS = [model for model in admin.site._registry if model._meta.app_label == MessagingConfig.name]


@pytest.mark.django_db
@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_opens_and_can_be_searched(
    client: Client, member: Membership, model: type, redis_db: object
) -> None:
    people(member, 1)
    request_broadcast(member)
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    url = reverse(f"admin:messaging_{model.__name__.lower()}_changelist")
    assert client.get(url).status_code == 200
    assert client.get(url, {"q": "1"}).status_code == 200


@pytest.mark.django_db
def test_the_admin_shows_no_secrets(client: Client, member: Membership) -> None:
    channel = ChannelFactory.create(program=member.program, secrets={"password": "hunter2hunter2"})
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    page = client.get(reverse("admin:messaging_channel_change", args=[channel.pk]))
    assert page.status_code == 200
    assert "hunter2" not in page.content.decode()
