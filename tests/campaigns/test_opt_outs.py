"""Who may not be written to any more, on whose word, and who can take it back."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from campaigns.models import Influencer, OptChange
from campaigns.services import (
    PersonsOwnChoice,
    influencer_update,
    opt_out_lift,
    opt_out_set,
    suppress,
    wish_heed,
)
from campaigns.states import OptOutSource
from campaigns.wishes import Wish, wish_of
from tests.campaigns.factories import InfluencerFactory

pytestmark = pytest.mark.django_db
BOUNCE, COMPLAINT = OptOutSource.BOUNCE, OptOutSource.COMPLAINT


@pytest.fixture
def zoe(manager: Membership) -> Influencer:
    """Somebody with an e-mail address and a phone number."""
    return InfluencerFactory.create(program=manager.program, email="zoe@example.com", msisdn="4915112345678")


@pytest.mark.parametrize(
    "text", ["STOP", "stop", " Stop. ", "STOP!", "Stop all", "Unsubscribe", "Arrêt", "ABMELDEN"]
)
def test_stop_is_understood_in_all_its_forms(text: str) -> None:
    assert wish_of(text) is Wish.STOP


@pytest.mark.parametrize(
    "text", ["please don't stop", "When does it stop?", "", "stop " * 50, "I'll start on Monday"]
)
def test_a_message_that_only_holds_the_word_is_a_message(text: str) -> None:
    assert wish_of(text) is None


def test_who_replies_stop_is_opted_out_of_that_channel_alone(zoe: Influencer) -> None:
    assert wish_heed(influencer=zoe, channel_type="sms", text="Stop!") is Wish.STOP
    opt_out = zoe.opt_outs.get()
    assert (opt_out.channel_type, opt_out.by_person, opt_out.reason) == ("sms", True, "replied Stop!")


def test_start_opts_in_again_and_both_are_remembered(zoe: Influencer) -> None:
    wish_heed(influencer=zoe, channel_type="sms", text="STOP")
    assert wish_heed(influencer=zoe, channel_type="sms", text="start") is Wish.START
    assert not zoe.opt_outs.exists()
    changes = list(OptChange.objects.order_by("pk").values_list("opted_out", "source", "reason"))
    assert changes == [(True, "person", "replied STOP"), (False, "person", "replied start")]


def test_a_repeated_stop_changes_nothing(zoe: Influencer) -> None:
    for _time in range(3):
        wish_heed(influencer=zoe, channel_type="sms", text="STOP")
    assert OptChange.objects.count() == 1


def test_a_member_can_not_take_back_what_the_person_chose(manager: Membership, zoe: Influencer) -> None:
    opt_out_set(influencer=zoe, channel_type="email", reason="unsubscribed", by_person=True)
    with pytest.raises(PersonsOwnChoice):
        opt_out_lift(influencer=zoe, channel_type="email", by=manager.user)
    assert zoe.opt_outs.exists()


def test_what_a_member_noted_becomes_the_persons_own_when_they_say_so(
    manager: Membership, zoe: Influencer
) -> None:
    opt_out_set(
        influencer=zoe, channel_type="email", reason="said on the phone", by_person=False, by=manager.user
    )
    opt_out_set(influencer=zoe, channel_type="email", reason="unsubscribed", by_person=True)
    with pytest.raises(PersonsOwnChoice):
        opt_out_lift(influencer=zoe, channel_type="email", by=manager.user)


def test_a_hard_bounce_suppresses_the_address_until_there_is_another(
    manager: Membership, zoe: Influencer
) -> None:
    bounced = suppress(
        people={zoe.pk: "Zoe@example.com"}, channel_type="email", source=BOUNCE, reason="No such mailbox"
    )
    assert bounced == 1
    assert zoe.opt_outs.get().source == BOUNCE
    influencer_update(influencer=zoe, by=manager.user, email="zoe@new.example")
    assert not zoe.opt_outs.exists()
    assert [change.opted_out for change in OptChange.objects.order_by("pk")] == [True, False]


def test_a_bounce_of_an_address_that_is_gone_suppresses_nobody(zoe: Influencer) -> None:
    assert suppress(people={zoe.pk: "old@example.com"}, channel_type="email", source=BOUNCE, reason="x") == 0
    assert not zoe.opt_outs.exists()


def test_a_member_may_lift_a_bounce(manager: Membership, zoe: Influencer) -> None:
    suppress(
        people={zoe.pk: "+4915112345678"}, channel_type="whatsapp", source=BOUNCE, reason="Not on WhatsApp"
    )
    assert opt_out_lift(influencer=zoe, channel_type="whatsapp", by=manager.user)
    assert not zoe.opt_outs.exists()


def test_a_complaint_is_the_persons_own_word_also_after_a_bounce(
    manager: Membership, zoe: Influencer
) -> None:
    suppress(
        people={zoe.pk: "zoe@example.com"}, channel_type="email", source=BOUNCE, reason="No such mailbox"
    )
    suppress(
        people={zoe.pk: "zoe@example.com"}, channel_type="email", source=COMPLAINT, reason="Marked as spam"
    )
    assert zoe.opt_outs.get().source == COMPLAINT
    with pytest.raises(PersonsOwnChoice):
        opt_out_lift(influencer=zoe, channel_type="email", by=manager.user)
    influencer_update(influencer=zoe, by=manager.user, email="zoe@new.example")
    assert zoe.opt_outs.exists()


def test_a_bounce_never_weakens_what_the_person_said(zoe: Influencer) -> None:
    opt_out_set(influencer=zoe, channel_type="email", reason="unsubscribed", by_person=True)
    suppress(people={zoe.pk: "zoe@example.com"}, channel_type="email", source=BOUNCE, reason="x")
    assert zoe.opt_outs.get().reason == "unsubscribed"


def test_the_profile_says_when_and_why_and_offers_no_way_around(browser: Client, zoe: Influencer) -> None:
    wish_heed(influencer=zoe, channel_type="sms", text="STOP")
    suppress(
        people={zoe.pk: "zoe@example.com"}, channel_type="email", source=BOUNCE, reason="No such mailbox"
    )
    page = browser.get(reverse("influencer", args=[zoe.program.slug, zoe.pk])).content.decode()
    assert "replied STOP" in page
    assert "Only they can take that back." in page
    assert "messages came back" in page
    assert "No such mailbox" in page
    assert page.count('name="lift"') == 1


def test_a_forced_lift_is_refused_in_words(browser: Client, zoe: Influencer) -> None:
    wish_heed(influencer=zoe, channel_type="sms", text="STOP")
    address = reverse("influencer-opt-out", args=[zoe.program.slug, zoe.pk, "sms"])
    page = browser.post(address, {"lift": "1"}, follow=True).content.decode()
    assert "Only they can take that back, for instance by writing START." in page
    assert zoe.opt_outs.exists()
