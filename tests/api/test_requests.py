"""Requesting bulk work by API: broadcasts and workflow updates, with what stands in their way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.models import Campaign, Participant
from messaging.models import Broadcast, Channel
from tests.api.conftest import Caller
from tests.campaigns.factories import CampaignFactory, InfluencerFactory, crowd
from tests.messaging.factories import ChannelFactory, TemplateFactory, people

EVERYBODY: dict[str, Any] = {"filter": {}, "expected": 12}


@pytest.fixture
def channel(member: Membership) -> Channel:
    people(member, 12)
    return ChannelFactory.create(program=member.program, name="Letters")


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    made: Campaign = CampaignFactory.create(program=member.program, name="Spring")
    return made


def message(**more: Any) -> dict[str, Any]:
    return {"channel": "Letters", "subject": "Hello", "body": "Hi {{ influencer.first_name }}", **more}


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


@pytest.mark.usefixtures("channel")
def test_a_broadcast_to_a_filter_is_answered_with_its_batch(caller: Caller, member: Membership) -> None:
    answer = caller.post("broadcasts", message(audience=EVERYBODY))
    told = answer.json()
    assert (answer.status_code, told["type"], told["counts"]["total"]) == (202, "BatchConversations", 12)
    assert Broadcast.objects.get(pk=told["id"]).batch.requester == member.user


def test_a_broadcast_to_ids_reaches_these_alone(caller: Caller, channel: Channel, member: Membership) -> None:
    ids = [one.pk for one in people(member, 2)]
    told = caller.post("broadcasts", message(audience={"ids": [*ids, ids[0]]})).json()
    assert sorted(BatchRequest.objects.get(pk=told["id"]).items.values_list("key", flat=True)) == ids


@pytest.mark.usefixtures("channel")
def test_another_number_than_expected_is_a_refusal_with_both(caller: Caller) -> None:
    answer = caller.post("broadcasts", message(audience={"filter": {}, "expected": 9}))
    assert refused(answer) == (409, "audience_changed")
    assert (answer.json()["expected"], answer.json()["actual"]) == (9, 12)
    assert not BatchRequest.objects.exists()


@pytest.mark.usefixtures("channel")
def test_ids_of_nobody_and_of_another_program_are_noticed_alike(caller: Caller) -> None:
    elsewhere = InfluencerFactory.create()
    for nobody in (elsewhere.pk, elsewhere.pk + 1_000_000):
        answer = caller.post("broadcasts", message(audience={"ids": [nobody]}))
        assert refused(answer) == (422, "empty_batch")


@pytest.mark.usefixtures("channel")
def test_a_text_that_cannot_be_used_is_refused_in_words(caller: Caller) -> None:
    answer = caller.post("broadcasts", message(body="Hi {{ influencer.frist_name }}", audience=EVERYBODY))
    assert refused(answer) == (422, "invalid_message")
    assert "frist_name" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"channel": "Pigeons"}, "unknown_channel"),
        ({"template": "None such"}, "unknown_template"),
        ({"campaign": 9_999_999}, "unknown_campaign"),
        ({"stage": 9_999_999}, "unknown_stage"),
        ({"audience": {"filter": {"campaign": 9_999_999}, "expected": 1}}, "invalid_filter"),
        ({"audience": {"ids": []}}, "invalid"),
        ({"audience": {"filter": {}}}, "invalid"),
        ({"extra": 1}, "invalid"),
        ({"exclude_past": "yes"}, "invalid"),
        ({"time_limit": 0}, "invalid"),
        ({"time_limit": 721}, "invalid"),
        ({"scheduled_for": "2020-01-01T00:00:00Z"}, "in_the_past"),
        ({"scheduled_for": "2099-01-01T00:00:00"}, "invalid"),
    ],
)
@pytest.mark.usefixtures("channel")
def test_what_does_not_fit_is_refused_by_code(caller: Caller, more: dict[str, Any], code: str) -> None:
    assert refused(caller.post("broadcasts", message(**{"audience": EVERYBODY, **more}))) == (422, code)
    assert not BatchRequest.objects.exists()


@pytest.mark.usefixtures("channel")
def test_a_template_and_a_time_are_taken(caller: Caller, member: Membership) -> None:
    TemplateFactory.create(program=member.program, name="Invite", subject="Join", body="Dear you")
    at = timezone.now() + timedelta(days=1)
    body = {
        "channel": "Letters",
        "template": "Invite",
        "audience": EVERYBODY,
        "scheduled_for": at.isoformat(),
        "time_limit": 72,
    }
    told = caller.post("broadcasts", body).json()
    assert (told["status"], told["name"]) == ("scheduled", "Join")
    broadcast = Broadcast.objects.get(pk=told["id"])
    assert (broadcast.body, broadcast.time_limit) == ("Dear you", 72)


@pytest.mark.usefixtures("channel")
def test_a_repeated_broadcast_is_one_broadcast(caller: Caller) -> None:
    body = message(audience=EVERYBODY)
    first = caller.post("broadcasts", body, key="monday")
    again = caller.post("broadcasts", body, key="monday")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert BatchRequest.objects.count() == 1
    assert refused(caller.post("broadcasts", message(audience=EVERYBODY, subject="Other"), key="monday")) == (
        422,
        "idempotency_key_reused",
    )
    assert refused(caller.post("broadcasts", body, key="a b")) == (400, "invalid_idempotency_key")
    assert refused(caller.post("broadcasts", body, key="x" * 256)) == (400, "invalid_idempotency_key")


@pytest.mark.usefixtures("channel")
def test_a_refusal_is_remembered_as_well_and_leaves_nothing_half_done(
    caller: Caller, member: Membership
) -> None:
    body = message(audience={"filter": {}, "expected": 13})
    first = caller.post("broadcasts", body, key="k")
    people(member, 1)
    assert caller.post("broadcasts", body, key="k").content == first.content
    assert not BatchRequest.objects.exists()


def test_participants_are_moved_by_a_batch(caller: Caller, campaign: Campaign) -> None:
    crowd(campaign, 15)
    invited, accepted = campaign.stages.order_by("position")[:2]
    body = {
        "to_stage": accepted.pk,
        "from_stage": invited.pk,
        "audience": {"filter": {"stage": invited.pk}, "expected": 15},
    }
    answer = caller.post("workflow-updates", body)
    assert (answer.status_code, answer.json()["type"]) == (202, "BatchWorkflowStatus")
    held = caller.post("workflow-updates", body)
    assert refused(held) == (409, "lock_held")
    assert held.json()["batch_id"] == answer.json()["id"]
    stages = caller.get(f"campaigns/{campaign.pk}/stages").json()["items"]
    assert [(one["name"], one["people"], one["filled_by"]) for one in stages] == [
        ("Invited", 15, None),
        ("Accepted", 0, answer.json()["id"]),
        ("Paid", 0, None),
    ]
    stopping = caller.post(f"batch-requests/{answer.json()['id']}/stop")
    assert refused(stopping) == (409, "not_possible")


def test_people_are_brought_into_a_campaign(caller: Caller, campaign: Campaign, member: Membership) -> None:
    ids = [one.pk for one in people(member, 3)]
    stage = campaign.stages.get(position=1)
    answer = caller.post(
        "workflow-updates", {"action": "add", "to_stage": stage.pk, "audience": {"ids": ids}}
    )
    assert answer.json()["counts"]["pending"] == 3
    assert not Participant.objects.exists()


def test_a_stage_of_another_program_or_campaign_is_refused(caller: Caller, campaign: Campaign) -> None:
    crowd(campaign, 1)
    first = campaign.stages.get(position=1)
    other = CampaignFactory.create(program=campaign.program).stages.get(position=1)
    elsewhere = CampaignFactory.create().stages.get(position=1)
    everybody = {"filter": {}, "expected": 1}
    for stage, status in ((elsewhere, (422, "unknown_stage")), (other, (422, "invalid"))):
        body = {"to_stage": first.pk, "from_stage": stage.pk, "audience": everybody}
        assert refused(caller.post("workflow-updates", body)) == status
    assert refused(caller.post("workflow-updates", {"to_stage": elsewhere.pk, "audience": everybody})) == (
        422,
        "unknown_stage",
    )


def test_campaigns_are_listed_without_the_archived(caller: Caller, campaign: Campaign) -> None:
    CampaignFactory.create(program=campaign.program, archived_at=timezone.now())
    CampaignFactory.create()
    assert [one["name"] for one in caller.get("campaigns").json()["items"]] == ["Spring"]
