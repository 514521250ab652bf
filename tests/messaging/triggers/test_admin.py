"""Staff can look at triggers, and secrets stay secret."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from messaging.models import ActionHook, Trigger
from tests.factories import UserFactory


def test_the_admin_shows_no_secret_of_a_hook(client: Client, trigger: Trigger) -> None:
    hook = ActionHook.objects.create(trigger=trigger, url="https://shop.example/", secret="whsec_hidden")
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    page = client.get(reverse("admin:messaging_actionhook_change", args=[hook.pk]))
    assert page.status_code == 200
    assert "whsec_hidden" not in page.content.decode()
