"""Bulk messages > Automation: what went out by itself, in numbers that add up and lead to the people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.workflow import Mover, add
from messaging.models import Broadcast, Channel, Chat, Template
from messaging.states import Delivery
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]


@pytest.fixture
def browser(member: Membership, client: Client) -> Client:
    """The manager's browser, logged in."""
    client.force_login(member.user)
    return client


def automated(member: Membership, name: str, *, sent: int = 0, mute: int = 0) -> Template:
    """A template sent on entering a stage, to that many people, and to some without an address."""
    campaign = CampaignFactory.create(program=member.program)
    stage = campaign.stages.get(position=1)
    template: Template = TemplateFactory.create(
        program=member.program,
        name=name,
        delivery=Delivery.STAGE,
        channel=ChannelFactory.create(program=member.program),
    )
    template.stages.add(stage)
    ids = [one.pk for one in people(member, sent) + people(member, mute, first_name="Mute", email=None)]
    if ids:
        with transaction.atomic():
            add(to_stage=stage, influencer_ids=ids, by=Mover.of(member.user))
    return template


def text(page: Any) -> str:
    return " ".join(page.content.decode().replace("&#x27;", "'").split())


def test_an_empty_page_says_what_to_do_first(browser: Client, member: Membership) -> None:
    page = text(browser.get(reverse("automation", args=[member.program.slug])))
    assert "Nothing goes out by itself" in page
    assert reverse("templates", args=[member.program.slug]) in page


def test_each_template_has_its_numbers(browser: Client, member: Membership, send: Send) -> None:
    automated(member, "Welcome", sent=3, mute=2)
    send(Broadcast.objects.get())
    page = text(browser.get(reverse("automation", args=[member.program.slug])))
    assert "Welcome" in page
    assert "On entering" in page
    row = page.split("<tbody")[1]
    assert ">3<" in row.replace(" ", "")
    assert ">2<" in row.replace(" ", "")


def test_the_numbers_add_up_and_lead_to_the_people(browser: Client, member: Membership, send: Send) -> None:
    template = automated(member, "Welcome", sent=3, mute=2)
    send(Broadcast.objects.get())
    address = reverse("automation-template", args=[member.program.slug, template.pk])
    page = text(browser.get(address))
    assert "3 + 0 + 2 + 0 + 0 + 0 = 5" in page
    assert "This is a fault" not in page
    assert "No e-mail address or phone number" in page
    skipped = text(browser.get(address, {"status": "skipped"}))
    assert skipped.count("<bdi>Mute</bdi>") == 2
    assert "Bea" not in skipped.split("<tbody")[1]
    why = text(browser.get(address, {"status": "skipped", "reason": "no_address"}))
    assert why.count("<bdi>Mute</bdi>") == 2


def test_its_messages_are_in_the_chats(browser: Client, member: Membership, send: Send) -> None:
    template = automated(member, "Welcome", sent=1)
    send(Broadcast.objects.get())
    address = reverse("automation-template", args=[member.program.slug, template.pk])
    chat = Chat.objects.get()
    link = reverse("chat", args=[member.program.slug, chat.pk])
    assert link in text(browser.get(address))
    assert "Join us" in text(browser.get(link))


@pytest.mark.parametrize("query", [{"status": "nonsense"}, {"reason": "\x00" * 50}, {"page": "99999"}])
def test_an_address_that_means_nothing_shows_everybody_or_nobody(
    browser: Client, member: Membership, query: dict[str, str]
) -> None:
    template = automated(member, "Welcome", sent=1)
    address = reverse("automation-template", args=[member.program.slug, template.pk])
    assert browser.get(address, query).status_code == 200


def test_another_programs_automation_is_not_there(browser: Client, member: Membership) -> None:
    other = MembershipFactory.create()
    template = automated(other, "Secret", sent=1)
    assert "Secret" not in text(browser.get(reverse("automation", args=[member.program.slug])))
    address = reverse("automation-template", args=[member.program.slug, template.pk])
    assert browser.get(address).status_code == 404


def test_what_came_back_is_said_as_in_a_log_with_what_it_is_a_share_of(
    browser: Client, member: Membership, send: Send
) -> None:
    template = automated(member, "Welcome", sent=4)
    send(Broadcast.objects.get())
    address = reverse("automation-template", args=[member.program.slug, template.pk])
    assert "0 delivered (0% of 4), none read yet." in text(browser.get(address))
    Broadcast.objects.update(delivered=3, read=1)
    assert "3 delivered (75% of 4), 1 read (33.3% of those)." in text(browser.get(address))


def test_a_channel_that_reports_nothing_is_said_to_and_never_shown_as_nobody(
    browser: Client, member: Membership, send: Send
) -> None:
    template = automated(member, "Welcome", sent=3)
    send(Broadcast.objects.get())
    Channel.objects.update(
        type="smtp", settings={"host": "mail.glow.example", "port": 25, "security": "none"}
    )
    assert "not reported" in text(browser.get(reverse("automation", args=[member.program.slug])))
    own = text(browser.get(reverse("automation-template", args=[member.program.slug, template.pk])))
    assert "not reported by the channel" in own
    assert "0 delivered" not in own
