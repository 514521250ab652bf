"""Each request and each answer says the same in XML as in JSON."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchadmin.lib.strict_json import EXACT
from batchadmin.lib.wire import json_read, json_write, xml_read, xml_write
from messaging.trigger_api.answers import result_of, success
from messaging.trigger_api.bodies import LISTS
from messaging.trigger_api.parsing import batch_parse, single_parse
from messaging.trigger_api.problems import TEXTS, Refused
from messaging.triggers.asked import FIELDS, NEEDS_FIELD_NAME, Matching
from tests.lib.test_wire import TEXTS as WORDS
from tests.lib.test_wire import VALUES

OBJECTS = st.dictionaries(WORDS, VALUES, max_size=4)
VALUES_TO_FIND = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12)
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(-EXACT, EXACT, exclude_min=True, exclude_max=True)
FILES = st.fixed_dictionaries(
    {"header": st.just("a.txt"), "data": st.sampled_from(["data:,a%20b", "data:text/plain;base64,YQ=="])}
)


@st.composite
def requests(draw: st.DrawFn, *, single: bool) -> dict[str, Any]:
    """A request that is right, with any of its fields."""
    matching = draw(st.sampled_from(Matching))
    values = VALUES_TO_FIND | NUMBERS if matching in NEEDS_FIELD_NAME else VALUES_TO_FIND
    fields: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(FIELDS[matching], values)
    if not single:
        fields["custom_data"] = OBJECTS
    items = draw(st.lists(st.fixed_dictionaries(fields), min_size=1, max_size=1 if single else 4))
    document: dict[str, Any] = {
        "id" if single else "trigger_id": draw(st.integers(1, 10**9)),
        "format": draw(st.sampled_from(["json", "xml"])),
        "matching": matching.value,
        "skip_triggers": draw(st.booleans()),
        "content": draw(OBJECTS),
        "custom_data": draw(OBJECTS),
        "attach": draw(st.lists(FILES, max_size=3)),
    }
    if matching in NEEDS_FIELD_NAME:
        document["field_name"] = draw(VALUES_TO_FIND.filter(str.strip))
    return {**document, **items[0]} if single else {**document, "data": items}


@given(requests(single=False))
def test_a_request_for_many_is_the_same_in_both_forms(document: dict[str, Any]) -> None:
    from_json = batch_parse(json_read(json_write(document)))
    from_xml = batch_parse(xml_read(xml_write(document, lists=LISTS), lists=LISTS))
    assert from_xml == from_json


@given(requests(single=True))
def test_a_request_for_one_is_the_same_in_both_forms(document: dict[str, Any]) -> None:
    from_json = single_parse(json_read(json_write(document)))
    from_xml = single_parse(xml_read(xml_write(document, lists=LISTS), lists=LISTS))
    assert from_xml == from_json


@pytest.mark.parametrize("number", ["9007199254740993.0", "-9007199254740992.0", "1e16", "1E+300"])
def test_a_number_that_may_have_become_its_neighbour_is_refused_in_both_forms(number: str) -> None:
    head = '{"trigger_id": 1, "matching": "custom", "field_name": "no", "data": [{"field_value": '
    in_json = f"{head}{number}}}]}}".encode()
    in_xml = (
        "<xml><trigger_id>1</trigger_id><matching>custom</matching><field_name>no</field_name>"
        f"<data><field_value type='number'>{number}</field_value></data></xml>"
    ).encode()
    for document in (json_read(in_json), xml_read(in_xml, lists=LISTS)):
        with pytest.raises(Refused, match="Send its digits as text"):
            batch_parse(document)


def as_texts(value: Any) -> Any:
    """What plain XML makes of a value: every leaf is a text."""
    if isinstance(value, dict):
        return {name: as_texts(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_texts(part) for part in value]
    return str(value)


@given(st.lists(st.integers(1, 2**63 - 1)))
def test_an_answer_is_the_same_in_both_forms(keys: list[int]) -> None:
    document = success(result=result_of(keys))
    written = xml_read(xml_write(document, lists=LISTS, typed=False), lists=LISTS)
    assert {"result": [], **written} == as_texts(json_read(json_write(document)))


@given(st.sampled_from([status for status in TEXTS if status]), WORDS)
def test_a_refusal_is_the_same_in_both_forms(status: int, words: str) -> None:
    document = Refused(status, words).document()
    written = xml_read(xml_write(document, lists=LISTS, typed=False))
    assert written == as_texts(json_read(json_write(document)))
