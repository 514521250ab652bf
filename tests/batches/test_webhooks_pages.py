"""Settings > Webhooks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.states import Role
from batches.models import Webhook, WebhookDelivery
from batches.webhook_models import all_ends
from batches.webhooks.announcing import ping_announce
from batches.webhooks.endpoints import webhook_add
from batches.webhooks.sending import deliveries_send
from tests.factories import MembershipFactory
from tests.fixtures.receiver import Receiver

pytestmark = pytest.mark.usefixtures("redis_db")


@pytest.fixture
def owner(transactional_db: None, settings: Any) -> Membership:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    made: Membership = MembershipFactory.create(role=Role.OWNER)
    return made


@pytest.fixture
def browser(owner: Membership, client: Client) -> Client:
    client.force_login(owner.user)
    return client


@pytest.fixture
def webhook(owner: Membership, receiver: Receiver) -> Webhook:
    return webhook_add(program=owner.program, by=owner.user, url=receiver.url, events=all_ends())


def address(member: Membership, name: str, pk: int | None = None) -> str:
    return reverse(name, kwargs={"program": member.program.slug, **({} if pk is None else {"pk": pk})})


def test_a_webhook_is_added_and_shows_its_secret(
    browser: Client, owner: Membership, receiver: Receiver
) -> None:
    assert "No webhook yet" in browser.get(address(owner, "webhooks")).text
    said = {"url": receiver.url, "events": ["batch.failed"]}
    page = browser.post(address(owner, "webhooks"), said, follow=True)
    made = Webhook.objects.get()
    assert (made.url, made.events, made.is_active) == (receiver.url, ["batch.failed"], True)
    assert str(made.secret) in page.text
    assert receiver.url in browser.get(address(owner, "webhooks")).text
    assert AuditEntry.objects.filter(action="webhook.added").exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"url": "http://10.0.0.1/", "events": ["batch.failed"]}, "private network"),
        ({"url": "javascript:alert(1)", "events": ["batch.failed"]}, "web address"),
        ({"url": "https://example.com/"}, "required"),
    ],
)
def test_what_cannot_be_told_is_said_in_the_form(
    browser: Client, owner: Membership, said: dict[str, Any], words: str
) -> None:
    answer = browser.post(address(owner, "webhooks"), said)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Webhook.objects.exists()


def test_it_is_changed_renewed_and_removed(browser: Client, owner: Membership, webhook: Webhook) -> None:
    page = address(owner, "webhook", webhook.pk)
    browser.post(page, {"url": webhook.url + "/2", "events": ["batch.stopped"]})
    changed = Webhook.objects.get()
    assert (changed.url, changed.events, changed.is_active) == (webhook.url + "/2", ["batch.stopped"], False)
    browser.post(address(owner, "webhook-renew", webhook.pk))
    assert Webhook.objects.get().secret != webhook.secret
    assert (
        f"Remove the webhook {webhook.url}/2?"
        in browser.get(address(owner, "webhook-remove", webhook.pk)).text
    )
    browser.post(address(owner, "webhook-remove", webhook.pk))
    assert not Webhook.objects.exists()


def test_every_attempt_is_shown_and_it_is_sent_again(
    browser: Client, owner: Membership, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.answers = [404, 200]
    browser.post(address(owner, "webhook-ping", webhook.pk))
    deliveries_send()
    told = WebhookDelivery.objects.get()
    assert "A test" in browser.get(address(owner, "webhook", webhook.pk)).text
    page = address(owner, "webhook-delivery", told.pk)
    assert "404" in browser.get(page).text
    assert "sent again now" in browser.post(address(owner, "webhook-resend", told.pk), follow=True).text
    deliveries_send()
    shown = browser.get(page).text
    assert "Delivered" in shown
    assert shown.index("<strong>200") < shown.index("<strong>404")
    listed = browser.get(address(owner, "webhook", webhook.pk), {"format": "csv"})
    assert b"".join(listed.streaming_content).decode().splitlines()[1].endswith("Delivered,2")  # type: ignore[attr-defined]


def test_only_owners_see_webhooks_and_only_their_programs(
    client: Client, owner: Membership, webhook: Webhook
) -> None:
    told = ping_announce(webhook=webhook)
    manager = MembershipFactory.create(program=owner.program, role=Role.MANAGER)
    stranger = MembershipFactory.create(role=Role.OWNER)
    pages: list[tuple[str, int | None]] = [
        ("webhooks", None),
        ("webhook", webhook.pk),
        ("webhook-delivery", told.pk),
    ]
    deeds = [
        ("webhook-ping", webhook.pk),
        ("webhook-renew", webhook.pk),
        ("webhook-remove", webhook.pk),
        ("webhook-resend", told.pk),
    ]
    client.force_login(manager.user)
    assert {client.get(address(owner, *one)).status_code for one in pages} == {403}
    assert {client.post(address(owner, *one)).status_code for one in deeds} == {403}
    client.force_login(stranger.user)
    assert {client.post(address(stranger, *one)).status_code for one in deeds} == {404}
    assert {client.get(address(stranger, *one)).status_code for one in pages[1:]} == {404}
    assert Webhook.objects.get().secret == webhook.secret


def test_the_page_of_what_is_told_follows_by_itself_until_it_has_ended(
    browser: Client, owner: Membership, webhook: Webhook
) -> None:
    told = ping_announce(webhook=webhook)
    page = address(owner, "webhook-delivery", told.pk)
    first = browser.get(page)
    assert f'data-live-url="{page}"' in first.text
    assert "its turn comes within seconds" in first.text
    asks = {"HX-Request": "true", "HX-Target": "live", "HX-Live-Version": first["HX-Live-Version"]}
    assert browser.get(page, headers=asks).status_code == 204
    WebhookDelivery.objects.update(status="delivered", tries=1)
    piece = browser.get(page, headers=asks)
    assert "Delivered" in piece.text
    assert "<html" not in piece.text
    assert piece["HX-Live"] == "ended"
    assert "data-live-url" not in browser.get(page).text
