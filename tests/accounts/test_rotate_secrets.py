"""manage.py rotate_secrets: a former SECRET_KEY can be forgotten."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from batches.webhook_models import Webhook
from messaging.models import ActionHook, Channel
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory
from tests.messaging.triggers.factories import trigger_of

pytestmark = pytest.mark.django_db

OLD, NEW = "old" * 20, "new" * 20


@pytest.fixture
def stored(settings: Settings) -> None:
    """Something of every sort, encrypted with the old key."""
    settings.SECRET_KEY = OLD
    owner = MembershipFactory.create()
    channel = ChannelFactory.create(program=owner.program, secrets={"password": "hush"})
    ActionHook.objects.create(
        trigger=trigger_of(owner, channel=channel), url="https://a.example/", secret="hook"
    )
    Webhook.objects.create(
        program=owner.program, url="https://b.example/", secret="web", created_by=owner.user
    )


def secrets() -> tuple[object, ...]:
    return Channel.objects.get().secrets, ActionHook.objects.get().secret, Webhook.objects.get().secret


def test_afterwards_the_new_key_alone_opens_everything(stored: None, settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    said = io.StringIO()
    call_command("rotate_secrets", stdout=said)
    settings.SECRET_KEY_FALLBACKS = []
    assert secrets() == ({"password": "hush"}, "hook", "web")
    assert "3 secrets" in said.getvalue()


def test_what_no_key_opens_is_named_and_left_as_it_is(stored: None, settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    said = io.StringIO()
    with pytest.raises(CommandError, match="3 could not be opened"):
        call_command("rotate_secrets", stderr=said, stdout=io.StringIO())
    assert "messaging_channel" in said.getvalue()
    settings.SECRET_KEY = OLD
    assert secrets() == ({"password": "hush"}, "hook", "web")
