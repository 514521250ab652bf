"""Who may call what: every endpoint with no token, a revoked one, a lesser role, and another program's ids."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batchadmin.accounts.models import ApiToken, Membership
from batchadmin.accounts.services import token_create, token_find, token_person, token_revoke
from batchadmin.accounts.states import Role
from batchadmin.api import api
from batchadmin.lib.redis_connection import quick_client
from batches.models import BatchRequest
from campaigns.models import Campaign, Import, Influencer
from tests.api.conftest import Caller, caller_of
from tests.campaigns.factories import CampaignFactory, InfluencerFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, request_broadcast

SCHEMA: dict[str, Any] = api.get_openapi_schema(path_params={})
ENDPOINTS = [(method, path) for path, methods in SCHEMA["paths"].items() for method in methods]

# Where a body is looked at before what the path names, one that fits.
FITTING: dict[str, Any] = {
    r"/participants/\d+$": {"dates": {"event": "2030-05-01"}},
    r"/participants$": {"participants": [{"influencer": 1, "dates": {"event": "2030-05-01"}}]},
    r"/dates$": {"name": "event", "day": None, "audience": {"ids": [1]}},
}


def path_with(path: str, **values: Any) -> str:
    """The path with its parameters filled in, under the API's root."""
    filled = re.sub(r"\{(\w+)\}", lambda found: str(values.get(found.group(1), 1)), path)
    return filled.removeprefix("/api/v1/")


def call(token: str | None, method: str, path: str) -> Any:
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    fitting = [body for ending, body in FITTING.items() if re.search(ending, path)]
    data = json.dumps(fitting[0] if fitting else {}).encode() if method != "get" else None
    return getattr(client, method)(
        f"/api/v1/{path}", data=data, content_type="application/json", headers=headers
    )


def is_document(answer: Any) -> bool:
    told = answer.json()
    return answer["Content-Type"].startswith("application/json") and {"error", "detail"} <= set(told)


def test_there_are_endpoints_to_test() -> None:
    assert len(ENDPOINTS) == 21


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_without_a_good_token_nothing_is_told(member: Membership, method: str, path: str) -> None:
    token, revoked = token_create(program=member.program, role=Role.OWNER, name="Old", by=None)
    token_revoke(token=token, by=None)
    answers = [
        call(text, method, path_with(path)) for text in (None, "", "bat_wrong", revoked, "Bearer", "bat_\x7f")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert is_document(answers[0])
    assert answers[0]["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), [one for one in ENDPOINTS if one[0] != "get"])
def test_a_viewers_token_changes_nothing(viewer: Caller, method: str, path: str) -> None:
    answer = call(viewer.token, method, path_with(path))
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [one for one in ENDPOINTS if one[0] == "get"])
def test_a_viewers_token_reads_everything(
    viewer: Caller, belongings: dict[str, Any], method: str, path: str
) -> None:
    assert call(viewer.token, method, path_with(path, **belongings)).status_code == 200


@pytest.fixture
def belongings(member: Membership) -> dict[str, Any]:
    """Something of every sort in the member's program, by the names that paths give their ids."""
    one = InfluencerFactory.create(program=member.program, email="secret@example.com")
    campaign = CampaignFactory.create(program=member.program, name="Secret campaign")
    channel = ChannelFactory.create(program=member.program, name="Secret channel")
    broadcast = request_broadcast(member, channel)
    bulk = caller_of(member).post(
        "imports",
        {"import_id": "secret", "request_number": 1, "members": [{"properties": {"email": "x@example.com"}}]},
    )
    return {
        "influencer_id": one.pk,
        "campaign_id": campaign.pk,
        "batch_id": broadcast.pk,
        "import_id": "secret",
        "bulk_id": bulk.json()["bulk_id"],
        "number": 1,
    }


@pytest.mark.parametrize(("method", "path"), [one for one in ENDPOINTS if "{" in one[1]])
def test_another_programs_ids_are_as_if_they_were_not_there(
    stranger: Caller, belongings: dict[str, Any], method: str, path: str
) -> None:
    call(stranger.token, method, path_with(path, **belongings))  # the token's first use is noted
    with CaptureQueriesContext(connection) as asked_there:
        there = call(stranger.token, method, path_with(path, **belongings))
    with CaptureQueriesContext(connection) as asked_nowhere:
        nowhere = call(stranger.token, method, path_with(path, **dict.fromkeys(belongings, 987_654_321)))
    assert (there.status_code, there.content) == (404, nowhere.content)
    # The same steps take the same time: a clock tells no more than the answer.
    assert len(asked_there) == len(asked_nowhere)
    assert BatchRequest.objects.exclude(status="queued").count() == 0


@pytest.mark.usefixtures("belongings")
def test_lists_of_another_program_are_empty(stranger: Caller) -> None:
    for path in ("batch-requests", "influencers", "campaigns"):
        assert stranger.get(path).json() == {"items": [], "next": None}


def test_bodies_that_name_another_programs_things_are_refused_alike(
    stranger: Caller, belongings: dict[str, Any]
) -> None:
    stage = Campaign.objects.get(pk=belongings["campaign_id"]).stages.get(position=1)
    people = {"ids": [belongings["influencer_id"]]}
    ChannelFactory.create(program=stranger.program, name="Mine")
    message = {"channel": "Mine", "body": "x", "audience": people}
    by_stage = {"filter": {"stage": stage.pk}, "expected": 1}
    told: list[tuple[str, dict[str, Any], str]] = [
        ("workflow-updates", {"to_stage": stage.pk, "audience": people}, "unknown_stage"),
        ("broadcasts", {**message, "channel": "Secret channel"}, "unknown_channel"),
        ("broadcasts", message, "empty_batch"),
        ("broadcasts", {**message, "audience": by_stage}, "invalid_filter"),
        ("broadcasts", {**message, "campaign": belongings["campaign_id"]}, "unknown_campaign"),
    ]
    for path, body, code in told:
        answer = stranger.post(path, body)
        assert (answer.status_code, answer.json()["error"]) == (422, code)


def test_an_address_taken_elsewhere_is_free_here(stranger: Caller, belongings: dict[str, Any]) -> None:
    assert stranger.post("influencers", {"email": "secret@example.com"}).status_code == 201
    same_id = {"import_id": "secret", "members": [{"properties": {"email": "x@example.com"}}]}
    assert stranger.post("imports", same_id).status_code == 202
    assert Import.objects.filter(import_id="secret").count() == 2


def test_keys_of_one_token_say_nothing_to_another(
    caller: Caller, member: Membership, stranger: Caller
) -> None:
    told = {"email": "a@example.com"}
    first = caller.post("influencers", told, key="k").json()
    assert stranger.post("influencers", told, key="k").json()["id"] != first["id"]
    assert caller_of(member).post("influencers", {"email": "b@example.com"}, key="k").status_code == 201
    assert Influencer.objects.count() == 3


def test_the_last_use_is_noted_once_a_minute(caller: Caller) -> None:
    token = token_find(plaintext=caller.token)
    assert token is not None
    assert token.last_used_at is None
    caller.get("campaigns")
    first = ApiToken.objects.get(pk=token.pk).last_used_at
    caller.get("campaigns")
    assert ApiToken.objects.get(pk=token.pk).last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    caller.get("campaigns")
    after = ApiToken.objects.get(pk=token.pk).last_used_at
    assert after is not None
    assert first is not None
    assert after > first


def test_who_stands_behind_a_token_is_who_made_it_or_the_first_owner(member: Membership) -> None:
    maker = MembershipFactory.create(program=member.program, role=Role.MANAGER)
    token, _text = token_create(program=member.program, role=Role.MANAGER, name="x", by=maker.user)
    assert token_person(token=token) == maker.user
    maker.delete()
    assert token_person(token=token) == member.user


def test_too_many_calls_are_told_when_to_come_back(caller: Caller, viewer: Caller, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    answers = [
        caller.get("campaigns") for _one in range(8)
    ]  # a minute may end in between, and 8 are more than twice 3
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert is_document(refused[0])
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert viewer.get("campaigns").status_code == 200


def test_without_redis_nothing_is_limited(
    caller: Caller, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    settings.RQ_QUEUES = {"express": {"URL": "redis://127.0.0.1:1"}}
    monkeypatch.setattr("batchadmin.lib.rate_limit._redis", quick_client)  # it would have kept its connection
    assert {caller.get("campaigns").status_code for _one in range(3)} == {200}


def test_the_description_and_its_page_need_no_token_and_no_script(client: Client, db: None) -> None:
    schema = client.get("/api/v1/openapi.json")
    page = client.get("/api/v1/docs")
    assert json.loads(schema.content) == json.loads(json.dumps(SCHEMA))
    assert page.status_code == 200
    for _method, path in ENDPOINTS:
        assert path in page.text
    first = {
        method: page.text.index(f"<code>{method} /api/v1/influencers</code>") for method in ("GET", "POST")
    }
    assert first["GET"] < first["POST"]
    assert "<code>Authorization: Bearer bat_…</code>" in page.text
    assert "`" not in page.text
    assert client.get("/api/v1.1/docs").text.count('aria-current="page"') == 1
    assert re.findall(r'(?:src|href|action)="(?:\w+:)?//[^"]*', page.text) == []  # all of it is our own
    assert " style=" not in page.text


def test_what_is_not_there_is_told_as_a_document(client: Client, caller: Caller) -> None:
    for path in ("", "nothing", "batch-requests/", "batch-requests/x", "influencers/1/2", "docs/"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code in (401, 404, 422), path
        assert is_document(answer)
    wrong = client.put("/api/v1/influencers")
    assert (wrong.status_code, wrong.json()["error"]) == (405, "method_not_allowed")
    assert set(wrong["Allow"].split(", ")) == {"GET", "POST"}


def test_a_fault_of_our_own_is_told_without_a_trace(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("secret words of the inside")

    monkeypatch.setattr("batches.api.page_document", breaks)
    answer = caller.get("batch-requests")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")
    assert b"secret" not in answer.content
