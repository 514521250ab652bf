"""Requests that are wrong, hostile, repeated or in another form: what they are answered, and that nothing was done."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client, RequestFactory

from batchadmin.accounts.models import Membership
from batchadmin.lib.wire import json_read
from messaging.models import Trigger, TriggerLaunch
from messaging.trigger_api import bodies, files
from messaging.trigger_api.problems import Refused
from tests.lib.test_wire_hostile import HOSTILE
from tests.messaging.triggers.conftest import API
from tests.messaging.triggers.factories import person, trigger_of

Ask = Callable[..., Any]
MB = 1024 * 1024

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"trigger_id": None}, "trigger_id"),
    ({"trigger_id": "x"}, "trigger_id"),
    ({"trigger_id": True}, "trigger_id"),
    ({"trigger_id": 1.5}, "trigger_id"),
    ({"trigger_id": -1}, "trigger_id"),
    ({"trigger_id": 10**30}, "trigger_id"),
    ({"trigger_id": 999_999_999}, "no trigger 999999999"),
    ({"trigger_id": 10**18}, "no trigger"),
    ({"data": None}, "data: must be a list"),
    ({"data": {}}, "data: must be a list"),
    ({"data": []}, "at least one"),
    ({"data": ["x"]}, "data[0]: must be an object"),
    ({"data": [{"email": "a@b.example"}, {}]}, "data[1].email: is missing"),
    ({"data": [{"email": ["a"]}]}, "data[0].email: must be text"),
    ({"data": [{"email": "a@b.example", "custom_data": 1}]}, "data[0].custom_data: must be an object"),
    ({"matching": "mail"}, "matching: must be one of"),
    ({"matching": ["email"]}, "matching: must be one of"),
    ({"matching": "phone"}, "data[0].phone: is missing"),
    ({"matching": "custom", "data": [{"field_value": "1"}]}, "field_name"),
    ({"matching": "push_sub", "data": [{"provider": "a"}]}, "data[0].subscription_id: is missing"),
    ({"matching": "email_phone", "data": [{}]}, "data[0].email: is missing"),
    ({"content": []}, "content: must be an object"),
    ({"custom_data": "x"}, "custom_data: must be an object"),
    ({"skip_triggers": "maybe"}, "skip_triggers: must be true or false"),
    ({"format": "yaml"}, "format: must be json or xml"),
    ({"format": {}}, "format: must be json or xml"),
    ({"attach": {}}, "attach: must be a list"),
    ({"attach": [{"header": "a"}]}, "attach[0]: must be an object"),
    ({"attach": [{"header": "/", "data": "data:,a"}]}, "attach[0].header"),
    ({"attach": [{"header": "a", "data": "http://x"}]}, "attach[0].data: must be a data URL"),
    ({"attach": [{"header": "a", "data": "data:;base64,%%"}]}, "attach[0].data: this is not base64"),
    ({"attach": [{"header": "a", "data": "data:,a"}] * 21}, "at most 20 files"),
]


def refused(response: Any, status: int = 400) -> str:
    """The words of a refusal; line and document agree, and nothing was done."""
    assert response["Content-Type"] == "application/json"
    document = response.json()
    assert (response.status_code, document["error"]) == (status, status)
    assert document["error_text"] == "Invalid request" or status != 400
    assert not TriggerLaunch.objects.exists()
    return str(document["error_debug"])


@pytest.mark.parametrize(("fields", "words"), WRONG)
def test_a_request_that_is_wrong_is_told_where(
    manager: Membership, trigger: Trigger, ask: Ask, fields: dict[str, Any], words: str
) -> None:
    document = {"trigger_id": trigger.pk, "data": [{"email": person(manager).email}], **fields}
    assert words in refused(ask("start_batch", document))


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"is_active": False}, "not active"), ({"by_api": False}, "not one that other systems may launch")],
)
def test_a_trigger_that_is_off_or_not_for_others_is_refused(
    manager: Membership, ask: Ask, fields: dict[str, bool], words: str
) -> None:
    trigger = trigger_of(manager, **fields)
    assert words in refused(ask("start", {"id": trigger.pk, "email": person(manager).email}))


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_post_launches(client: Client, db: None, method: str) -> None:
    response = getattr(client, method)(API + "start_batch")
    refused(response, 405)
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    "address", ["campaigns/triggers/nothing", "nothing", "campaigns/triggers/start_batch/"]
)
def test_where_there_is_nothing_the_answer_is_a_document(client: Client, db: None, address: str) -> None:
    refused(client.get(f"/api/v1.1/{address}"), 404)


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_refused(client: Client, db: None, content_type: str) -> None:
    response = client.generic("POST", API + "start_batch", b"{}", content_type=content_type)
    assert "Content-Type" in refused(response)


def test_a_fault_of_ours_is_a_document_without_a_trace(
    manager: Membership, trigger: Trigger, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_fields: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("messaging.trigger_api.views.launch_request", broken)
    response = ask("start", {"id": trigger.pk, "email": "a@b.example"})
    assert "secret" not in refused(response, 500)


# --- Hostile bodies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_a_400_within_a_second(client: Client, db: None, name: str) -> None:
    read, body = HOSTILE[name]
    content_type = "application/json" if read is json_read else "application/xml"
    client.get(API)  # the first request of a process reads all addresses
    began = time.thread_time()
    response = client.generic("POST", API + "start_batch", body, content_type=content_type)
    assert time.thread_time() - began < 1
    assert response.status_code == 400
    assert response["Content-Type"].startswith(content_type)
    assert b"Invalid request" in response.content


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-16", "text/xml; charset=windows-1252"]
)
def test_another_character_set_is_a_400(client: Client, db: None, content_type: str) -> None:
    response = client.generic("POST", API + "start_batch", b"<xml/>", content_type=content_type)
    assert (response.status_code, b"UTF-8" in response.content) == (400, True)


class Endless:
    """A body that goes on as long as somebody reads."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        self.given += size
        return b" " * size


def chunked(stream: Any, **environment: Any) -> Any:
    """A request in chunks, whose length nobody knows."""
    request = RequestFactory().generic(
        "POST", API + "start_batch", content_type="application/json", HTTP_TRANSFER_ENCODING="chunked"
    )
    request.META.pop("CONTENT_LENGTH", None)
    request.META.update({"wsgi.input": stream, "wsgi.input_terminated": True, **environment})
    return request


def test_a_body_without_length_is_refused_as_soon_as_it_is_too_long() -> None:
    endless = Endless()
    with pytest.raises(Refused, match="request body too large"):
        bodies.body_read(chunked(endless), most=bodies.MOST)
    assert endless.given <= bodies.MOST + bodies.DRAINED + 2 * bodies.PIECE


def test_a_body_without_length_is_read_where_the_server_marks_its_end() -> None:
    assert bodies.body_read(chunked(BytesIO(b"{}")), most=bodies.MOST) == b"{}"


def test_a_body_without_length_and_end_is_refused() -> None:
    with pytest.raises(Refused, match="Content-Length"):
        bodies.body_read(chunked(Endless(), **{"wsgi.input_terminated": False}), most=bodies.MOST)


def test_of_a_body_that_says_to_be_over_the_limit_little_is_read_and_nothing_kept(
    client: Client, db: None
) -> None:
    request = RequestFactory().post(API, b"", content_type="application/json")
    stream = Endless()
    request.META["CONTENT_LENGTH"] = str(bodies.MOST + 1)
    request._stream = stream  # type: ignore[assignment]
    with pytest.raises(Refused, match="request body too large"):
        bodies.body_read(request, most=bodies.MOST)
    assert stream.given <= bodies.DRAINED + bodies.PIECE


# --- Limits -------------------------------------------------------------------------------------------------------------


def padded(document: dict[str, Any], size: int) -> bytes:
    body = json.dumps(document).encode()
    return body + b" " * (size - len(body))


def post(client: Client, body: bytes, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post(API + "start_batch", body, content_type="application/json", headers=headers)


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(
    client: Client, manager: Membership, trigger: Trigger, token_text: str
) -> None:
    document = {"trigger_id": trigger.pk, "data": [{"email": person(manager).email}]}
    over = post(client, padded(document, 10 * MB + 1), token_text)
    assert refused(over) == "http: request body too large"
    assert post(client, padded(document, 10 * MB), token_text).status_code == 200


def test_more_is_taken_with_files_and_the_token_in_the_header(
    client: Client, manager: Membership, trigger: Trigger, token_text: str
) -> None:
    data = base64.b64encode(b"x" * 12 * MB).decode()
    attach = [{"header": "x.bin", "data": f"data:application/octet-stream;base64,{data}"}]
    document = {"trigger_id": trigger.pk, "data": [{"email": person(manager).email}], "attach": attach}
    in_body = post(client, json.dumps({**document, "token": token_text}).encode())
    assert refused(in_body) == "http: request body too large"
    assert post(client, json.dumps(document).encode(), token_text).status_code == 200
    assert TriggerLaunch.objects.get().attachments.get().size == 12 * MB


def test_files_of_more_than_twenty_five_megabytes_are_refused(
    client: Client, manager: Membership, trigger: Trigger, token_text: str
) -> None:
    data = "data:;base64," + base64.b64encode(b"x" * (13 * MB)).decode()
    attach = [{"header": f"{one}.bin", "data": data} for one in range(2)]
    document = {"trigger_id": trigger.pk, "data": [{"email": person(manager).email}], "attach": attach}
    assert "over 25 MB" in refused(post(client, json.dumps(document).encode(), token_text))


def test_files_of_just_twenty_five_megabytes_are_taken() -> None:
    data = "data:;base64," + base64.b64encode(b"x" * (25 * MB)).decode()
    (kept,) = files.files_read([{"header": "x.bin", "data": data}])
    assert (len(kept.data), kept.content_type) == (25 * MB, "text/plain")
    more = "data:;base64," + base64.b64encode(b"x" * (25 * MB + 1)).decode()
    with pytest.raises(Refused, match="over 25 MB"):
        files.files_read([{"header": "x.bin", "data": more}])


# --- Repeated requests --------------------------------------------------------------------------------------------------


def test_a_request_id_is_answered_the_same_and_launches_once(
    manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    document = {"id": trigger.pk, "email": person(manager).email}
    headers = {"Request-ID": "a0fe37f2-b4e0"}
    first, second = (ask("start", document, headers=headers) for _time in range(2))
    assert (first.content, first["Content-Type"]) == (second.content, second["Content-Type"])
    assert ("Duplicate-Request" in first, second["Duplicate-Request"]) == (False, "true")
    assert TriggerLaunch.objects.count() == 1
    assert "Duplicate-Request" not in ask("start", document, headers={"Request-ID": "another"})
    assert TriggerLaunch.objects.count() == 2


def test_the_checksum_tells_repeated_requests_when_the_caller_asks_for_it(
    manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    document = {"id": trigger.pk, "email": person(manager).email}
    ask("start", document)
    ask("start", document)
    assert TriggerLaunch.objects.count() == 2
    headers = {"Check-Duplicate": "true"}
    responses = [ask("start", document, headers=headers) for _time in range(2)]
    assert responses[1]["Duplicate-Request"] == "true"
    assert TriggerLaunch.objects.count() == 3
    other = ask("start", {**document, "content": {"a": 1}}, headers=headers)
    assert "Duplicate-Request" not in other


def test_a_refusal_is_not_remembered(manager: Membership, trigger: Trigger, ask: Ask) -> None:
    headers = {"Request-ID": "1"}
    Trigger.objects.update(is_active=False)
    document = {"id": trigger.pk, "email": person(manager).email}
    refused(ask("start", document, headers=headers))
    Trigger.objects.update(is_active=True)
    response = ask("start", document, headers=headers)
    assert (response.status_code, "Duplicate-Request" in response) == (200, False)


def test_a_request_id_that_is_too_long_is_refused(trigger: Trigger, ask: Ask) -> None:
    document = {"id": trigger.pk, "email": "a@b.example"}
    assert "Request-ID" in refused(ask("start", document, headers={"Request-ID": "x" * 300}))
