"""Who may call which endpoint, and how others are refused. Who may open which page: docs/security.md, tests/security."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from batchadmin.accounts.models import Membership
from batchadmin.accounts.services import token_create, token_revoke
from batchadmin.accounts.states import Role
from messaging.models import Trigger, TriggerLaunch
from messaging.triggers.asked import LaunchAsked
from messaging.triggers.services import launch_request
from tests.factories import MembershipFactory
from tests.messaging.triggers.conftest import API
from tests.messaging.triggers.factories import person, trigger_of

VIEWER, MANAGER, OWNER = Role.VIEWER, Role.MANAGER, Role.OWNER


class Place:
    """A program with one of everything."""

    def __init__(self) -> None:
        self.owner: Membership = MembershipFactory.create(role=OWNER)
        self.trigger = trigger_of(self.owner)
        self.person = person(self.owner)
        self.token, self.token_text = self.new_token(MANAGER)
        asked = LaunchAsked(self.trigger.pk, ({"email": self.person.email},))
        self.launch = launch_request(token=self.token, by=self.owner.user, asked=asked)

    def new_token(self, role: Role) -> Any:
        return token_create(program=self.owner.program, role=role, name="Shop", by=self.owner.user)


@pytest.fixture
def place(db: None, redis_db: Any) -> Place:
    return Place()


ENDPOINTS = ["start_batch", "start", "start_batch_task"]


def document_of(place: Place, **fields: Any) -> dict[str, Any]:
    email = place.person.email
    return {"trigger_id": place.trigger.pk, "email": email, "data": [{"email": email}], **fields}


def call(client: Client, endpoint: str, document: dict[str, Any], bearer: str = "") -> Any:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    body = json.dumps(document)
    return client.post(API + endpoint, body, content_type="application/json", headers=headers)


def refusal(response: Any) -> tuple[int, int]:
    """The status of the line and of the document; nothing else may tell anything."""
    document = response.json()
    assert set(document) == {"error", "error_text", "error_debug"}
    return response.status_code, document["error"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_good_token_launches_from_header_and_body(client: Client, place: Place, endpoint: str) -> None:
    assert call(client, endpoint, document_of(place), place.token_text).status_code == 200
    assert call(client, endpoint, document_of(place, token=place.token_text)).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_token_is_401(client: Client, place: Place, endpoint: str) -> None:
    response = call(client, endpoint, document_of(place))
    assert refusal(response) == (401, 401)
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_unknown_token_is_401(client: Client, place: Place, endpoint: str) -> None:
    for text in ("bat_nonsense", "x", 7, None, {"a": 1}, "é\u2028"):
        assert refusal(call(client, endpoint, document_of(place, token=text))) == (401, 401), text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_token_in_the_address_counts_for_nothing(client: Client, place: Place, endpoint: str) -> None:
    assert refusal(call(client, f"{endpoint}?token={place.token_text}", document_of(place))) == (401, 401)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_revoked_token_is_401(client: Client, place: Place, endpoint: str) -> None:
    token_revoke(token=place.token, by=None)
    assert refusal(call(client, endpoint, document_of(place), place.token_text)) == (401, 401)
    assert refusal(call(client, endpoint, document_of(place, token=place.token_text))) == (401, 401)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_viewer_s_token_is_403(client: Client, place: Place, endpoint: str) -> None:
    _token, text = place.new_token(VIEWER)
    assert refusal(call(client, endpoint, document_of(place), text)) == (403, 403)
    assert TriggerLaunch.objects.count() == 1


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_another_program_s_trigger_is_answered_like_one_that_is_not_there(
    client: Client, place: Place, endpoint: str
) -> None:
    stranger = Place()
    theirs = call(client, endpoint, document_of(place), stranger.token_text)
    Trigger.objects.filter(pk=stranger.trigger.pk).update(is_active=False)
    missing = call(client, endpoint, document_of(place, trigger_id=999_999), stranger.token_text)
    assert refusal(theirs) == refusal(missing) == (400, 400)
    words = [one.json()["error_debug"] for one in (theirs, missing)]
    assert words[0].replace(str(place.trigger.pk), "N") == words[1].replace("999999", "N")


def test_profiles_of_another_program_are_never_found(client: Client, place: Place) -> None:
    stranger = Place()
    document = document_of(
        stranger, data=[{"email": place.person.email}, {"profile_id": str(place.person.pk)}]
    )
    for matching in ("email", "profile_id"):
        named = [one for one in document["data"] if matching in one]
        response = call(
            client, "start_batch", {**document, "matching": matching, "data": named}, stranger.token_text
        )
        assert response.json()["result"] == []


def test_what_belongs_to_others_is_looked_for_in_as_many_steps_as_what_is_not_there(
    client: Client, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batchadmin.accounts.services.tokens.USED_EVERY", timedelta(hours=1))
    stranger = Place()

    def steps(document: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as asked:
            call(client, "start_batch", document, stranger.token_text)
        return len(asked)

    def naming(email: str) -> dict[str, Any]:
        return document_of(stranger, data=[{"email": email}])

    steps(naming("first@x.example"))  # the token's first use is noted, and the others of this hour aren't
    assert steps(document_of(place)) == steps(document_of(place, trigger_id=999_999))
    assert steps(naming(place.person.email)) == steps(naming("nobody@x.example"))

    def task_steps(task: object) -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(f"{API}task/{task}", headers={"Authorization": f"Bearer {stranger.token_text}"})
        return len(asked)

    assert task_steps(place.launch.task) == task_steps(uuid.uuid4())


def test_a_task_is_for_its_program_s_tokens(client: Client, place: Place) -> None:
    address = f"{API}task/{place.launch.task}"

    def get(text: str) -> Any:
        return client.get(address, headers={"Authorization": f"Bearer {text}"} if text else {})

    _viewer, viewer_text = place.new_token(VIEWER)
    assert get(place.token_text).status_code == get(viewer_text).status_code == 200
    assert refusal(get("")) == refusal(get("nonsense")) == (401, 401)
    assert refusal(client.get(f"{address}?token={place.token_text}")) == (401, 401)
    theirs = get(Place().token_text)
    assert refusal(theirs) == (404, 404)
    token_revoke(token=place.token, by=None)
    assert refusal(get(place.token_text)) == (401, 401)


def test_who_calls_too_often_waits(client: Client, place: Place, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    responses = [call(client, "start_batch", document_of(place), place.token_text) for _call in range(5)]
    # A minute may end in between, and five are more than twice two: one of them is refused, but maybe not the last.
    refused = [response for response in responses if response.status_code == 429]
    assert refused
    assert refusal(refused[0]) == (429, 429)
    assert 0 < int(refused[0]["Retry-After"]) <= 60
