"""Bodies that are meant to hurt: 400, 413 or 415, under a second, and never a 500."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from batchadmin.lib.strict_json import BadJson, json_read
from campaigns.models import Influencer
from tests.api.conftest import Caller

DEEP = 100_000
MOST = 10 * 1024 * 1024
PATHS = ("influencers", "imports", "broadcasts", "workflow-updates")

HOSTILE = {
    "lists 100,000 deep": b"[" * DEEP + b"]" * DEEP,
    "lists 100,000 deep, never closed": b"[" * DEEP,
    "objects 100,000 deep": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "lists 60 deep": b'{"first_name": ' + b"[" * 60 + b"]" * 60 + b"}",
    "a key twice": b'{"email": "a@example.com", "email": "b@example.com"}',
    "a key twice, written differently": b'{"email": "a@example.com", "e\\u006dail": "b@example.com"}',
    "NaN": b'{"attributes": {"a": NaN}}',
    "Infinity": b'{"attributes": {"a": Infinity}}',
    "minus Infinity": b'{"attributes": {"a": -Infinity}}',
    "a number that is infinite": b'{"attributes": {"a": 1e999}}',
    "a number of 100,000 digits": b'{"attributes": {"a": ' + b"9" * 100_000 + b"}}",
    "a NUL": b'{"first_name": "a\\u0000b"}',
    "a raw NUL": b'{"first_name": "a\x00b"}',
    "a NUL in a key": b'{"attributes": {"a\\u0000": 1}}',
    "half a surrogate pair": b'{"first_name": "\\ud800"}',
    "the other half": b'{"first_name": "\\udfff"}',
    "broken UTF-8": b'{"first_name": "\xff\xfe"}',
    "an overlong UTF-8": b'{"first_name": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"first_name": "\xed\xa0\x80"}',
    "UTF-16": '{"first_name": "a"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "no JSON": b"email=a@example.com",
    "more after the end": b"{} {}",
    "a comment": b"{} // comment",
    "single quotes": b"{'a': 1}",
    "ten million brackets": b"[" + b"[]," * 3_000_000 + b"[]]",
    "five million commas": b"[" + b"1," * 5_000_000 + b"1]",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_refused_in_words_under_a_second(caller: Caller, name: str) -> None:
    caller.get("campaigns")
    began = time.thread_time()
    answer = caller.post("influencers", HOSTILE[name])
    assert time.thread_time() - began < 1
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_json")
    assert not Influencer.objects.exists()


@pytest.mark.parametrize("path", PATHS)
def test_ten_mebibytes_and_one_byte_are_too_large(caller: Caller, path: str) -> None:
    began = time.thread_time()
    answer = caller.post(path, b'"' + b"x" * (MOST - 1) + b'"')
    assert time.thread_time() - began < 1
    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")


def test_ten_mebibytes_are_read(caller: Caller) -> None:
    answer = caller.post("influencers", b'"' + b"x" * (MOST - 2) + b'"')
    assert answer.status_code == 422


def test_a_deep_body_costs_no_memory() -> None:
    tracemalloc.start()
    with pytest.raises(BadJson):
        json_read(HOSTILE["lists 100,000 deep"])
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_a_long_list_of_strings_that_look_like_ends_is_read_in_time() -> None:
    began = time.thread_time()
    text = json.dumps(['\\"' * 250_000, '"' * 250_000])
    assert json_read(text.encode())
    assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("application/json; charset=latin-1", 400),
        ("application/json; charset=utf-16", 400),
        ("application/json; charset=nonsense", 400),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/xml", 415),
        ("", 415),
    ],
)
def test_only_json_in_utf8_is_taken(caller: Caller, content_type: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    answer = client.generic(
        "POST",
        "/api/v1/influencers",
        b'{"email": "a@example.com"}',
        content_type=content_type,
        headers={"Authorization": f"Bearer {caller.token}"},
    )
    assert answer.status_code == status
    assert "error" in answer.json() or status == 201


def test_a_body_in_chunks_without_a_length_is_refused(caller: Caller) -> None:
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {caller.token}", "Transfer-Encoding": "chunked"}
    answer = client.post("/api/v1/influencers", b"{}", content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "length_required")


def test_a_nul_in_an_address_is_refused(caller: Caller) -> None:
    for path in ("influencers?q=%00", "batch-requests?type=a%00b", "imports/a%00b", "campaigns/%00/stages"):
        answer = caller.get(path) if "?" not in path else caller._client().get(f"/api/v1/{path}")
        assert answer.status_code in (400, 422), path


@pytest.mark.parametrize("body", [b"null", b"1", b'"x"', b"[]", b"[{}]", b"true", b""])
@pytest.mark.parametrize("path", PATHS)
def test_json_that_is_no_object_is_refused(caller: Caller, path: str, body: bytes) -> None:
    assert caller.post(path, body).status_code == 422


Text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
Number = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
Json = st.recursive(
    st.none() | st.booleans() | Number | Text,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(Text, below, max_size=4),
    max_leaves=20,
)


def read_or_refused(raw: bytes) -> tuple[Any, str]:
    """What was read, or else why it was refused."""
    try:
        return json_read(raw), ""
    except BadJson as refused:
        return None, str(refused)


@given(Json)
def test_what_json_can_say_is_read_as_json_reads_it(value: Any) -> None:
    for ascii_only in (True, False):
        found, refusal = read_or_refused(json.dumps(value, ensure_ascii=ascii_only).encode())
        assert found == value or "too long" in refusal


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(raw: bytes) -> None:
    found, refusal = read_or_refused(raw)
    assert refusal or json.loads(raw) == found
