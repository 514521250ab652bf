"""Dates of participants by API: told, set for one and for many, and refused by a code when they are none."""

from __future__ import annotations

from typing import Any

import pytest

from batchadmin.accounts.models import AuditEntry, Membership
from campaigns.models import Campaign, Participant
from tests.api.conftest import Caller
from tests.campaigns.factories import CampaignFactory, crowd


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    return CampaignFactory.create(program=member.program)


def path(campaign: Campaign, rest: str) -> str:
    return f"campaigns/{campaign.pk}/{rest}"


def dates(campaign: Campaign) -> list[Any]:
    return list(campaign.participants.order_by("influencer").values_list("dates", flat=True))


def test_participants_are_listed_with_their_dates_page_by_page(caller: Caller, campaign: Campaign) -> None:
    ids = crowd(campaign, 3)
    paid = campaign.stages.get(name="Paid")
    crowd(campaign, 1, paid)
    Participant.objects.filter(influencer=ids[0]).update(dates={"event": "2030-05-01"})
    invited = campaign.stages.get(name="Invited").pk
    first = caller.get(path(campaign, "participants"), stage=invited, limit=2).json()
    assert [one["influencer"] for one in first["items"]] == ids[:2]
    assert first["items"][0]["dates"] == {"event": "2030-05-01"}
    second = caller.get(path(campaign, "participants"), stage=invited, limit=2, cursor=first["next"]).json()
    assert [one["influencer"] for one in second["items"]] == ids[2:]
    assert second["next"] is None
    at_paid = caller.get(path(campaign, "participants"), stage=paid.pk).json()["items"]
    assert [one["stage"] for one in at_paid] == [paid.pk]


def test_dates_of_one_participant_are_set_and_taken_away(
    caller: Caller, member: Membership, campaign: Campaign
) -> None:
    one, _other = crowd(campaign, 2)
    Participant.objects.filter(influencer=one).update(dates={"birthday": "2030-01-02", "event": "2030-01-03"})
    told = {"dates": {"event": "2030-05-01", "posted": "2030-05-09", "birthday": None}}
    answer = caller.patch(path(campaign, f"participants/{one}"), told)
    assert answer.status_code == 200
    assert answer.json()["dates"] == {"event": "2030-05-01", "posted": "2030-05-09"}
    assert dates(campaign) == [{"event": "2030-05-01", "posted": "2030-05-09"}, {}]
    assert AuditEntry.objects.filter(action="participants.dated", actor=member.user).count() == 2


def test_a_date_of_many_is_set_in_one_call_and_repeating_it_changes_nothing(
    caller: Caller, campaign: Campaign
) -> None:
    ids = crowd(campaign, 12)
    told = {"name": "event", "day": "2030-05-01", "audience": {"ids": ids[:11]}}
    answer = caller.post(path(campaign, "dates"), told)
    assert (answer.status_code, answer.json()["changed"]) == (200, 11)
    assert dates(campaign) == [{"event": "2030-05-01"}] * 11 + [{}]
    assert caller.post(path(campaign, "dates"), told).json()["changed"] == 0
    nobody_has_it = {"name": "event", "day": None, "audience": {"filter": {}, "expected": 12}}
    assert caller.post(path(campaign, "dates"), nobody_has_it).json()["changed"] == 11
    assert dates(campaign) == [{}] * 12


@pytest.mark.parametrize(
    "day", ["2030-02-30", "1.5.2030", "tomorrow", "", "20300501", "0001-01-01", "9999-12-31"]
)
def test_what_is_no_day_is_refused_by_its_code_and_nothing_is_set(
    caller: Caller, campaign: Campaign, day: str
) -> None:
    (one,) = crowd(campaign, 1)
    answers = [
        caller.patch(path(campaign, f"participants/{one}"), {"dates": {"fine": "2030-05-01", "event": day}}),
        caller.post(path(campaign, "dates"), {"name": "event", "day": day, "audience": {"ids": [one]}}),
    ]
    assert [(one.status_code, one.json()["error"]) for one in answers] == [(422, "invalid_date")] * 2
    assert [one.json()["fields"][0]["field"] for one in answers] == ["dates.event", "day"]
    assert dates(campaign) == [{}]


@pytest.mark.parametrize("name", ["my event", "1st", "evént", "", "a" * 41, "a.b"])
def test_a_name_that_messages_could_not_write_is_refused_by_its_code(
    caller: Caller, campaign: Campaign, name: str
) -> None:
    (one,) = crowd(campaign, 1)
    answers = [
        caller.patch(path(campaign, f"participants/{one}"), {"dates": {name: "2030-05-01"}}),
        caller.post(path(campaign, "dates"), {"name": name, "day": None, "audience": {"ids": [one]}}),
    ]
    assert [(one.status_code, one.json()["error"]) for one in answers] == [(422, "invalid_date_name")] * 2
    assert dates(campaign) == [{}]


@pytest.mark.parametrize(
    "told",
    [{}, {"dates": {}}, {"dates": {"event": 20300501}}, {"dates": ["event"]}, {"dates": {}, "stage": 1}],
)
def test_a_body_that_does_not_fit_is_refused(caller: Caller, campaign: Campaign, told: Any) -> None:
    (one,) = crowd(campaign, 1)
    answer = caller.patch(path(campaign, f"participants/{one}"), told)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")


def test_another_number_of_people_than_expected_changes_nothing(caller: Caller, campaign: Campaign) -> None:
    crowd(campaign, 2)
    told = {"name": "event", "day": "2030-05-01", "audience": {"filter": {}, "expected": 3}}
    answer = caller.post(path(campaign, "dates"), told)
    assert (answer.status_code, answer.json()["error"], answer.json()["actual"]) == (
        409,
        "audience_changed",
        2,
    )
    assert dates(campaign) == [{}, {}]


def test_neither_a_viewer_nor_another_program_sets_dates(
    viewer: Caller, stranger: Caller, campaign: Campaign
) -> None:
    (one,) = crowd(campaign, 1)
    told = {"dates": {"event": "2030-05-01"}}
    many = {"name": "event", "day": "2030-05-01", "audience": {"ids": [one]}}
    for caller, status in ((viewer, 403), (stranger, 404)):
        assert caller.patch(path(campaign, f"participants/{one}"), told).status_code == status
        assert caller.post(path(campaign, "dates"), many).status_code == status
    assert stranger.get(path(campaign, "participants")).status_code == 404
    assert dates(campaign) == [{}]


def test_who_is_not_in_the_campaign_is_not_found(
    caller: Caller, member: Membership, campaign: Campaign
) -> None:
    (one,) = crowd(CampaignFactory.create(program=member.program), 1)
    answer = caller.patch(path(campaign, f"participants/{one}"), {"dates": {"event": "2030-05-01"}})
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
