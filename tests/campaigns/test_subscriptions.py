"""Further addresses of influencers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from batchadmin.accounts.models import Membership
from campaigns.models import Subscription
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
