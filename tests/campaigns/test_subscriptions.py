"""Further addresses of influencers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import AuditEntry, Membership
from campaigns.models import Influencer, Subscription
from campaigns.services import opt_out_set
from campaigns.states import SubscriptionKind
from tests.campaigns.factories import InfluencerFactory
from tests.factories import MembershipFactory


def subscription(manager: Membership, **fields: Any) -> Subscription:
    person = InfluencerFactory.create(program=manager.program)
    return Subscription(
        **{"program": manager.program, "influencer": person, "kind": SubscriptionKind.EMAIL, **fields}
    )


def test_an_address_is_kept_in_the_form_that_is_compared(manager: Membership) -> None:
    mail = subscription(manager, address=" Zoe@Work.Example ")
    phone = subscription(manager, kind=SubscriptionKind.PHONE, address="+49 151 2345678")
    for one in (mail, phone):
        one.full_clean()
        one.save()
    assert (mail.address, phone.address) == ("zoe@work.example", "491512345678")


def test_an_address_is_one_persons_in_its_program(manager: Membership) -> None:
    subscription(manager, address="zoe@work.example").save()
    with pytest.raises(IntegrityError, match="subscription_one_address"), transaction.atomic():
        subscription(manager, address="zoe@work.example").save()
    subscription(MembershipFactory.create(), address="zoe@work.example").save()


def test_a_device_is_one_persons_in_its_program(manager: Membership) -> None:
    device = {"kind": SubscriptionKind.PUSH, "provider": "firebase", "subscription_id": "d1"}
    subscription(manager, **device).save()
    with pytest.raises(IntegrityError, match="subscription_one_device"), transaction.atomic():
        subscription(manager, **device).save()
    subscription(manager, **{**device, "provider": "apple"}).save()


@pytest.mark.parametrize(
    "fields",
    [{}, {"kind": "push"}, {"kind": "push", "provider": "a", "subscription_id": "b", "address": "c"}],
)
def test_a_subscription_has_just_the_address_of_its_kind(manager: Membership, fields: dict[str, str]) -> None:
    with pytest.raises(IntegrityError, match="its_kind_of_address"), transaction.atomic():
        subscription(manager, **fields).save()


def test_a_person_of_another_program_is_refused(manager: Membership) -> None:
    stranger = InfluencerFactory.create()
    with pytest.raises(ValidationError, match="another program"):
        subscription(manager, influencer=stranger, address="a@b.example").full_clean()


def test_subscriptions_are_visible_in_their_program_only(manager: Membership) -> None:
    subscription(manager, address="zoe@work.example").save()
    assert Subscription.objects.visible_to(manager).count() == 1
    assert not Subscription.objects.visible_to(MembershipFactory.create()).exists()


@pytest.fixture
def zoe(manager: Membership) -> Influencer:
    return InfluencerFactory.create(program=manager.program, first_name="Zoe")


def post(browser: Client, person: Influencer, name: str = "subscription-new", **said: Any) -> Any:
    kwargs = {"program": person.program.slug, "pk": person.pk}
    kwargs |= {"subscription": said.pop("pk")} if "pk" in said else {}
    return browser.post(reverse(name, kwargs=kwargs), said)


def test_a_manager_adds_changes_and_removes_an_address_and_each_is_noted(
    zoe: Influencer, browser: Client
) -> None:
    profile = reverse("influencer", kwargs={"program": zoe.program.slug, "pk": zoe.pk})
    assert "None beside those above" in browser.get(profile).content.decode()
    assert post(browser, zoe, kind="phone", address="+49 151 2345678", opted_in="on")["Location"] == profile
    added = zoe.subscriptions.get()
    assert (added.address, added.opted_in, added.source) == ("491512345678", True, "by hand")
    assert "+491512345678" in browser.get(profile).content.decode()
    post(browser, zoe, "subscription-edit", pk=added.pk, kind="phone", address="+49 151 2345678")
    assert "did not agree: nothing is sent here" in browser.get(profile).content.decode()
    post(browser, zoe, "subscription-drop", pk=added.pk)
    assert not zoe.subscriptions.exists()
    told = AuditEntry.objects.filter(action__startswith="subscription.").order_by("pk")
    assert [entry.action for entry in told] == [
        "subscription.added",
        "subscription.changed",
        "subscription.removed",
    ]
    assert [entry.detail["opted_in"] for entry in told] == [True, False, False]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "email", "address": "zoe@"}, "Not an e-mail address."),
        ({"kind": "email"}, "Write this."),
        ({"kind": "phone", "address": "0151 2345"}, "No country code"),
        ({"kind": "push", "provider": "firebase"}, "Write this."),
        ({"kind": "email", "address": "BEA@x.de"}, "Bea Mueller has this already."),
        ({"kind": "fax", "address": "1"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_and_nothing_kept(
    zoe: Influencer, browser: Client, said: dict[str, str], words: str
) -> None:
    bea = InfluencerFactory.create(program=zoe.program, first_name="Bea")
    Subscription.objects.create(program=zoe.program, influencer=bea, kind="email", address="bea@x.de")
    answer = post(browser, zoe, **said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not zoe.subscriptions.exists()


def test_who_opted_out_themselves_is_opted_in_by_nobody_else(zoe: Influencer, browser: Client) -> None:
    opt_out_set(influencer=zoe, channel_type="email", reason="replied STOP", by_person=True)
    refused = post(browser, zoe, kind="email", address="z@x.de", opted_in="on")
    assert refused.status_code == 422
    assert "Only they can take that back" in refused.content.decode()
    assert post(browser, zoe, kind="email", address="z@x.de").status_code == 302
    assert not zoe.subscriptions.get().opted_in
    assert post(browser, zoe, kind="phone", address="+491512345678", opted_in="on").status_code == 302


def test_an_address_of_somebody_else_is_not_there(zoe: Influencer, browser: Client) -> None:
    bea = InfluencerFactory.create(program=zoe.program)
    hers = Subscription.objects.create(program=zoe.program, influencer=bea, kind="email", address="b@x.de")
    assert post(browser, zoe, "subscription-drop", pk=hers.pk).status_code == 404
    assert Subscription.objects.filter(pk=hers.pk).exists()
