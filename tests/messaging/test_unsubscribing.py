"""Opting out by the link in a message: by one press, by the mail program's own button, and back again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.models import Influencer, OptChange
from campaigns.services import PersonsOwnChoice, opt_out_lift, opt_out_set
from campaigns.states import ChannelType
from messaging.unsubscribing import Link, link_read, link_token, link_url
from tests.messaging.factories import people, request_broadcast, smtp_channel

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def zoe(member: Membership) -> Influencer:
    """Somebody who is written to."""
    (person,) = people(member, 1, first_name="Zoe")
    return person


def address(person: Influencer, batch_id: int = 0) -> str:
    token = link_token(Link(person.pk, ChannelType.EMAIL, batch_id))
    return reverse("unsubscribe", kwargs={"token": token})


def words(page: Any) -> str:
    return str(page.content.decode()).replace("&#x27;", "'")


def test_every_letter_carries_both_headers_and_the_persons_own_link(
    member: Membership, send: Send, smtp_server: Any
) -> None:
    one, two = people(member, 2)
    broadcast = request_broadcast(
        member,
        smtp_channel(member, smtp_server),
        body="Hi {{ influencer.first_name }} {{ links.unsubscribe }}",
    )
    assert send(broadcast).status == "completed"
    letters = {message.recipients[0]: message for message in smtp_server.messages}
    for person in (one, two):
        letter = letters[person.email]
        link = link_url(Link(person.pk, ChannelType.EMAIL, broadcast.pk))
        assert letter.parsed["List-Unsubscribe"] == f"<{link}>"
        assert letter.parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in letter.text.replace("\n", "")
        assert link.startswith(settings.BASE_URL)


def test_opening_the_link_only_asks(zoe: Influencer, client: Client) -> None:
    page = client.get(address(zoe))
    assert page.status_code == 200
    assert "<bdi>Glow</bdi> won't write to you by e-mail any more." in words(page)
    assert "Batchadmin" not in words(page)
    client.head(address(zoe))
    assert not zoe.opt_outs.exists()


def test_one_press_opts_out_without_a_log_in(member: Membership, zoe: Influencer) -> None:
    batch = request_broadcast(member).batch
    browser = Client(enforce_csrf_checks=True)
    page = browser.post(address(zoe, batch.pk))
    assert "You are unsubscribed" in page.content.decode()
    opt_out = zoe.opt_outs.get()
    assert (opt_out.channel_type, opt_out.by_person, opt_out.source) == ("email", True, "person")
    assert opt_out.reason == "unsubscribed from “Your box”"


def test_the_mail_programs_button_does_the_same_and_repeats_change_nothing(zoe: Influencer) -> None:
    for _time in range(3):
        assert Client(enforce_csrf_checks=True).post(address(zoe), ONE_CLICK).status_code == 200
    assert zoe.opt_outs.count() == 1
    assert OptChange.objects.count() == 1


def test_who_unsubscribed_is_skipped_from_then_on(member: Membership, zoe: Influencer, send: Send) -> None:
    Client().post(address(zoe))
    people(member, 1)
    batch = send(request_broadcast(member))
    assert batch.items.get(key=zoe.pk).reason == "opted_out"
    assert "unsubscribed" in batch.items.get(key=zoe.pk).detail


def test_it_takes_effect_on_what_is_being_sent_right_now(
    member: Membership, zoe: Influencer, send: Send
) -> None:
    people(member, 1)
    broadcast = request_broadcast(member)
    Client().post(address(zoe))
    assert send(broadcast).items.get(key=zoe.pk).status == "skipped"


def test_coming_back_is_possible_and_recorded(zoe: Influencer, client: Client) -> None:
    client.post(address(zoe))
    page = client.post(address(zoe), {"again": "1"})
    assert "<bdi>Glow</bdi> writes to you by e-mail again." in words(page)
    assert "Unsubscribe?" in words(client.get(address(zoe)))
    assert not zoe.opt_outs.exists()
    last = OptChange.objects.order_by("-pk")[0]
    assert (last.opted_out, last.source, last.reason) == (False, "person", "by the link in a message")


def test_what_a_member_noted_becomes_the_persons_own(
    member: Membership, zoe: Influencer, client: Client
) -> None:
    opt_out_set(influencer=zoe, channel_type="email", reason="said so", by_person=False, by=member.user)
    assert "Unsubscribe?" in client.get(address(zoe)).content.decode()
    client.post(address(zoe))
    with pytest.raises(PersonsOwnChoice):
        opt_out_lift(influencer=zoe, channel_type="email", by=member.user)


@pytest.mark.parametrize("token", ["x", "1-email-2", "1-email-2.forged", "..", "1-fax-2.x", "%00"])
def test_a_link_that_is_not_ours_opts_nobody_out(zoe: Influencer, client: Client, token: str) -> None:
    page = client.post(f"/u/{token}/")
    assert page.status_code == 404
    assert not zoe.opt_outs.exists()


def test_a_token_changed_by_a_character_is_not_ours(zoe: Influencer) -> None:
    token = link_token(Link(zoe.pk, ChannelType.EMAIL, 7))
    assert link_read(token) == Link(zoe.pk, ChannelType.EMAIL, 7)
    assert link_read("9" + token) is None
    assert link_read(token[:-1]) is None


def test_links_outlive_a_change_of_the_secret_key(zoe: Influencer, settings: Any) -> None:
    token = link_token(Link(zoe.pk, ChannelType.EMAIL, 7))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert link_read(token) == Link(zoe.pk, ChannelType.EMAIL, 7)
    settings.SECRET_KEY_FALLBACKS = []
    assert link_read(token) is None


def test_somebody_who_was_erased_is_told_that_they_are_left_alone(zoe: Influencer, client: Client) -> None:
    Influencer.objects.update(erased_at="2026-01-01T00:00Z")
    assert "You won't be written to" in client.post(address(zoe)).content.decode().replace("&#x27;", "'")
