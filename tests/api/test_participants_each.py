"""Different dates for many participants by one call of the API: all of it, or nothing."""

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


def path(campaign: Campaign) -> str:
    return f"campaigns/{campaign.pk}/participants"


def told(*pairs: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    return {"participants": [{"influencer": one, "dates": dates} for one, dates in pairs]}


def dates(campaign: Campaign) -> list[Any]:
    return list(campaign.participants.order_by("influencer").values_list("dates", flat=True))


def test_each_gets_their_own_dates_and_what_is_not_named_stays(caller: Caller, campaign: Campaign) -> None:
    one, two, three = crowd(campaign, 3)
    Participant.objects.update(dates={"birthday": "2030-01-02", "event": "2030-01-03"})
    call = told(
        (two, {"event": "2030-05-02", "birthday": None}),
        (one, {"event": "2030-05-01", "posted": "2030-05-09"}),
        (three, {"event": "2030-01-03"}),
    )
    answer = caller.patch(path(campaign), call)
    assert (answer.status_code, answer.json()) == (200, {"changed": 2})
    assert dates(campaign) == [
        {"birthday": "2030-01-02", "event": "2030-05-01", "posted": "2030-05-09"},
        {"event": "2030-05-02"},
        {"birthday": "2030-01-02", "event": "2030-01-03"},
    ]
    assert caller.patch(path(campaign), call).json() == {"changed": 0}
    entry = AuditEntry.objects.filter(action="participants.dated").order_by("pk")[0]
    assert (entry.detail["people"], entry.detail["date"]) == (2, "birthday, event, posted")


def test_the_most_that_one_call_takes_are_set_with_as_many_questions_as_one(
    caller: Caller, campaign: Campaign, django_assert_max_num_queries: Any
) -> None:
    ids = crowd(campaign, 1000)
    days = [f"2030-{1 + place % 12:02}-{1 + place % 28:02}" for place in range(1000)]
    call = told(*[(one, {"event": day}) for one, day in zip(ids, days, strict=True)])
    with django_assert_max_num_queries(30):
        assert caller.patch(path(campaign), call).json() == {"changed": 1000}
    assert [one["event"] for one in dates(campaign)] == days
    call["participants"].append({"influencer": 1, "dates": {"event": "2030-05-01"}})
    assert caller.patch(path(campaign), call).status_code == 422


def test_everything_that_is_wrong_is_named_and_nothing_is_set(caller: Caller, campaign: Campaign) -> None:
    one, two = crowd(campaign, 2)
    answer = caller.patch(
        path(campaign),
        told(
            (one, {"event": "2030-05-01", "my day": "2030-05-01"}),
            (two, {"event": "2030-02-30"}),
            (one, {"x": None}),
        ),
    )
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_date_name")
    assert [field["field"] for field in answer.json()["fields"]] == [
        "participants.0.dates.my day", "participants.1.dates.event", "participants.2.influencer",
    ]  # fmt: skip
    assert dates(campaign) == [{}, {}]


def test_who_takes_no_part_and_who_is_named_twice_are_told_by_their_places(
    caller: Caller, member: Membership, stranger: Caller, campaign: Campaign
) -> None:
    (one,) = crowd(campaign, 1)
    (elsewhere,) = crowd(CampaignFactory.create(program=member.program), 1)
    fine = {"event": "2030-05-01"}
    answer = caller.patch(path(campaign), told((one, fine), (elsewhere, fine), (999_999_999, fine)))
    assert (answer.status_code, answer.json()["error"]) == (422, "not_a_participant")
    found = [field["field"] for field in answer.json()["fields"]]
    assert found == ["participants.1.influencer", "participants.2.influencer"]
    twice = caller.patch(path(campaign), told((one, fine), (one, fine)))
    assert (twice.status_code, twice.json()["error"]) == (422, "duplicated_participant")
    assert dates(campaign) == [{}]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"participants": []}, {"participants": [{"influencer": 1}]}, {"participants": {"1": {}}},
        {"participants": [{"influencer": "1", "dates": {"event": "2030-05-01"}}]},
        {"participants": [{"influencer": 1, "dates": {}}]},
        {"participants": [{"influencer": 1, "dates": {"event": 20300501}}]},
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_is_refused(caller: Caller, campaign: Campaign, body: Any) -> None:
    answer = caller.patch(path(campaign), body)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")


def test_neither_a_viewer_nor_another_program_sets_dates(
    viewer: Caller, stranger: Caller, campaign: Campaign
) -> None:
    (one,) = crowd(campaign, 1)
    for caller, status in ((viewer, 403), (stranger, 404)):
        assert caller.patch(path(campaign), told((one, {"event": "2030-05-01"}))).status_code == status
    assert dates(campaign) == [{}]
