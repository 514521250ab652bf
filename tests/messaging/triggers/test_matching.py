"""By what profiles are found, and whom a value leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from batchadmin.accounts.models import Membership
from campaigns.models import Influencer
from messaging.triggers.asked import Matching, MissReason
from messaging.triggers.matching import Found, profiles_find
from tests.factories import MembershipFactory
from tests.messaging.triggers.factories import person, subscription


def find(manager: Membership, matching: Matching, *items: dict[str, Any], field: str = "") -> Found:
    return profiles_find(program=manager.program, matching=matching, field_name=field, items=items)


def keys(found: Found) -> list[int]:
    return [hit.key for hit in found.hits]


@pytest.fixture
def zoe(manager: Membership) -> Influencer:
    """Somebody with every kind of address."""
    zoe = person(
        manager,
        email="zoe@example.com",
        msisdn="491512345678",
        external_id="crm-7",
        attributes={"size": "L", "no": 3},
    )
    subscription(zoe, "email", "zoe@work.example", attributes={"list": "news"})
    subscription(zoe, "phone", "79000000000")
    subscription(zoe, "push", provider="firebase", subscription_id="device-1")
    return zoe


WAYS = [
    (Matching.EMAIL, {"email": "zoe@example.com"}),
    (Matching.EMAIL, {"email": " ZOE@work.example "}),
    (Matching.EMAIL_PROFILE, {"email": "zoe@example.com"}),
    (Matching.EMAIL_SUB, {"email": "zoe@work.example"}),
    (Matching.PHONE, {"phone": "+49 151 2345678"}),
    (Matching.PHONE, {"phone": "+79000000000"}),
    (Matching.PHONE_SUB, {"phone": "0079000000000"}),
    (Matching.PUSH_SUB, {"provider": "firebase", "subscription_id": "device-1"}),
    (Matching.EMAIL_PHONE, {"email": "zoe@example.com"}),
    (Matching.EMAIL_PHONE, {"phone": "+491512345678"}),
    (Matching.EMAIL_PHONE, {"email": "nobody@example.com", "phone": "+491512345678"}),
    (Matching.EMAIL_PHONE, {"email": "not an address", "phone": "+491512345678"}),
    (Matching.EMAIL_PHONE_SUB, {"email": "zoe@work.example", "phone": ""}),
    (Matching.EMAIL_PHONE_SUB, {"email": "nobody@example.com", "phone": "+79000000000"}),
]
NO_WAYS = [
    (Matching.EMAIL_PROFILE, {"email": "zoe@work.example"}),
    (Matching.EMAIL_SUB, {"email": "zoe@example.com"}),
    (Matching.PHONE_SUB, {"phone": "+491512345678"}),
    (Matching.PUSH_SUB, {"provider": "apple", "subscription_id": "device-1"}),
    (Matching.EMAIL_PHONE, {"email": "zoe@work.example", "phone": "+79000000000"}),
    (Matching.EMAIL_PHONE_SUB, {"email": "zoe@example.com", "phone": "+491512345678"}),
    (Matching.PROFILE_ID, {"profile_id": "99999999"}),
    (Matching.PROFILE_ID, {"profile_id": "66101437dc4594c2934da6da"}),
    (Matching.PROFILE_ID, {"profile_id": "9" * 30}),
]


@pytest.mark.parametrize(("matching", "item"), WAYS)
def test_each_mode_finds_by_its_own_addresses(
    manager: Membership, zoe: Influencer, matching: Matching, item: dict[str, str]
) -> None:
    found = find(manager, matching, item)
    assert (keys(found), found.misses) == ([zoe.pk], [])


@pytest.mark.parametrize(("matching", "item"), NO_WAYS)
def test_no_mode_finds_by_the_addresses_of_others(
    manager: Membership, zoe: Influencer, matching: Matching, item: dict[str, str]
) -> None:
    found = find(manager, matching, item)
    assert (keys(found), [miss.reason for miss in found.misses]) == ([], [MissReason.NOT_FOUND])


def test_a_profile_is_found_by_its_id(manager: Membership, zoe: Influencer) -> None:
    assert keys(find(manager, Matching.PROFILE_ID, {"profile_id": f"{zoe.pk}"})) == [zoe.pk]


@pytest.mark.parametrize(("field", "value"), [("size", "L"), ("no", "3"), ("external_id", "crm-7")])
def test_a_profile_is_found_by_an_attribute(
    manager: Membership, zoe: Influencer, field: str, value: str
) -> None:
    assert keys(find(manager, Matching.CUSTOM, {"field_value": value}, field=field)) == [zoe.pk]


def test_an_attribute_leads_to_everybody_who_has_it(manager: Membership, zoe: Influencer) -> None:
    bea = person(manager, attributes={"size": "L"})
    person(manager, attributes={"size": "M"})
    assert keys(find(manager, Matching.CUSTOM, {"field_value": "L"}, field="size")) == [zoe.pk, bea.pk]


def test_a_subscription_is_found_by_its_attribute(manager: Membership, zoe: Influencer) -> None:
    assert keys(find(manager, Matching.CUSTOM_SUB, {"field_value": "news"}, field="list")) == [zoe.pk]
    assert keys(find(manager, Matching.CUSTOM_SUB, {"field_value": "L"}, field="size")) == []


def test_a_number_with_zeros_behind_its_point_is_the_same_number(manager: Membership) -> None:
    bea = person(manager, attributes={"no": 3.0})
    assert keys(find(manager, Matching.CUSTOM, {"field_value": "3"}, field="no")) == [bea.pk]


def test_the_profile_of_an_address_goes_before_a_subscription_to_it(
    manager: Membership, zoe: Influencer
) -> None:
    subscription(person(manager), "email", "zoe@example.com")
    assert keys(find(manager, Matching.EMAIL, {"email": "zoe@example.com"})) == [zoe.pk]


def test_who_is_named_twice_is_found_once(manager: Membership, zoe: Influencer) -> None:
    found = find(manager, Matching.EMAIL, {"email": "zoe@example.com"}, {"email": "zoe@work.example"})
    assert keys(found) == [zoe.pk]
    assert [(miss.position, miss.value, miss.reason) for miss in found.misses] == [
        (2, "zoe@work.example", MissReason.REPEATED)
    ]


def test_what_is_no_address_or_nothing_is_said_so(manager: Membership) -> None:
    found = find(manager, Matching.EMAIL, {"email": "zoe@@example"}, {"email": " "})
    assert [miss.reason for miss in found.misses] == [MissReason.BAD_ADDRESS, MissReason.NO_VALUE]


def test_erased_people_are_nobody(manager: Membership, zoe: Influencer) -> None:
    Influencer.objects.update(erased_at=timezone.now() - timedelta(days=1))
    for matching, item in WAYS:
        assert keys(find(manager, matching, item)) == []


def test_people_of_another_program_are_nobody(manager: Membership, zoe: Influencer) -> None:
    stranger = MembershipFactory.create()
    for matching, item in [*WAYS, (Matching.PROFILE_ID, {"profile_id": f"{zoe.pk}"})]:
        assert keys(find(stranger, matching, item)) == []
    assert keys(find(stranger, Matching.CUSTOM, {"field_value": "L"}, field="size")) == []
