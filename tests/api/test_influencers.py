"""Influencers by API: list, look, make, change."""

from __future__ import annotations

from typing import Any

import pytest

from batchadmin.accounts.models import AuditEntry, Membership
from campaigns.models import Influencer
from campaigns.services import opt_out_set
from tests.api.conftest import Caller
from tests.campaigns.factories import InfluencerFactory


def test_somebody_new_is_made_and_found(caller: Caller, member: Membership) -> None:
    told = {
        "email": " Zoe@Example.com ",
        "msisdn": "+49 151 23456789",
        "first_name": "Zoe",
        "handles": {"IG": "@zoem"},
        "tags": ["vip", "vip"],
        "attributes": {"size": "M", "followers": 3_300},
    }
    answer = caller.post("influencers", told)
    made = answer.json()
    assert answer.status_code == 201
    assert (made["email"], made["msisdn"], made["handles"]) == (
        "zoe@example.com",
        "4915123456789",
        {"instagram": "zoem"},
    )
    assert (made["tags"], made["attributes"]) == (["vip"], {"size": "M", "followers": 3_300})
    assert caller.get(f"influencers/{made['id']}").json() == made
    assert AuditEntry.objects.get(action="influencer.created").actor == member.user


def test_a_change_changes_only_what_it_names(caller: Caller, member: Membership) -> None:
    one = InfluencerFactory.create(
        program=member.program, email="a@example.com", attributes={"size": "M", "city": "Bonn"}
    )
    answer = caller.patch(f"influencers/{one.pk}", {"email": None, "attributes": {"size": "L", "city": None}})
    assert answer.status_code == 200
    after = Influencer.objects.get(pk=one.pk)
    assert (after.email, after.attributes) == (None, {"size": "L"})
    assert (after.first_name, after.handles) == (one.first_name, one.handles)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"msisdn": "12"}, "msisdn"),
        ({"handles": {"instagram": "a/b"}}, "handles"),
        ({"email": "taken@example.com"}, "email"),
        ({"first_name": "x" * 151}, "body.first_name"),
        ({"attributes": {"a": {"b": 1}}}, "body.attributes.a"),
        ({"age": 3}, "body.age"),
        ({"tags": ["  "], "email": "b@example.com"}, "tags"),
    ],
)
def test_what_cannot_be_kept_is_named(caller: Caller, member: Membership, told: Any, field: str) -> None:
    InfluencerFactory.create(program=member.program, email="taken@example.com")
    answer = caller.post("influencers", told)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")
    assert any(one["field"].startswith(field) for one in answer.json()["fields"])
    assert Influencer.objects.count() == 1


def test_nobody_at_all_is_refused(caller: Caller) -> None:
    assert caller.post("influencers", {}).status_code == 422
    assert caller.post("influencers").status_code == 422
    assert caller.post("influencers", []).status_code == 422


def test_a_repeated_request_makes_one(caller: Caller) -> None:
    for _time in range(3):
        assert caller.post("influencers", {"email": "a@example.com"}, key="one").status_code == 201
    assert Influencer.objects.count() == 1


def test_the_list_is_filtered_and_paged(caller: Caller, member: Membership) -> None:
    vips = [InfluencerFactory.create(program=member.program, tags=["vip"]).pk for _one in range(3)]
    InfluencerFactory.create(program=member.program)
    InfluencerFactory.create(tags=["vip"])
    first = caller.get("influencers", tag="vip", limit=2).json()
    rest = caller.get("influencers", tag="vip", limit=2, cursor=first["next"]).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == vips
    assert caller.get("influencers", followers_min="many").status_code == 422
    assert caller.get("influencers", campaign=10**30).status_code == 422
    assert caller.get("influencers", campaign=10**9).json()["error"] == "invalid_filter"


def test_opt_outs_are_told(caller: Caller, member: Membership) -> None:
    one = InfluencerFactory.create(program=member.program)
    opt_out_set(influencer=one, channel_type="email", reason="STOP", by_person=True)
    assert caller.get(f"influencers/{one.pk}").json()["opted_out_of"] == ["email"]


def test_the_erased_are_not_there(caller: Caller, member: Membership) -> None:
    one = InfluencerFactory.create(program=member.program, erased_at=member.program.created_at)
    assert caller.get(f"influencers/{one.pk}").status_code == 404
    assert caller.get("influencers").json()["items"] == []
