"""JSON and XML say the same: what is written in one form reads as what is written in the other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchadmin.lib.wire import WireError, json_read, json_write, xml_read, xml_write

# What both forms can hold: XML 1.0 has no control characters, and nothing keeps NUL or halves of surrogate pairs.
CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
) | st.sampled_from("\t\n\r")
TEXTS = st.text(CHARACTERS, max_size=20)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(
    TEXTS | st.sampled_from(["data", "item", "field", "xml", "type"]), VALUES, max_size=5
)


@given(DOCUMENTS)
def test_a_document_comes_back_from_xml_as_it_went(document: dict[str, Any]) -> None:
    assert xml_read(xml_write(document)) == document


@given(DOCUMENTS)
def test_a_document_comes_back_from_json_as_it_went(document: dict[str, Any]) -> None:
    assert json_read(json_write(document)) == document


@given(DOCUMENTS)
def test_both_forms_of_a_document_read_the_same(document: dict[str, Any]) -> None:
    assert json_read(json_write(xml_read(xml_write(document)))) == xml_read(
        xml_write(json_read(json_write(document)))
    )


@given(st.lists(st.dictionaries(st.sampled_from(["email", "phone"]), TEXTS), min_size=1, max_size=4))
def test_a_named_list_of_any_length_is_repeated_elements(items: list[dict[str, str]]) -> None:
    document = {"data": items}
    written = xml_write(document, lists=("data",))
    assert written.count(b"<data") == len(items)
    assert xml_read(written, lists=("data",)) == document


def test_repeated_elements_are_a_list() -> None:
    assert xml_read(b"<xml><tag>a</tag><tag>b</tag></xml>") == {"tag": ["a", "b"]}


def test_blanks_between_elements_mean_nothing() -> None:
    assert xml_read(b"<xml>\n  <content>\n <size>L</size>\n </content>\n</xml>") == {"content": {"size": "L"}}


def test_a_declaration_and_a_byte_order_mark_are_read() -> None:
    body = b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><xml><a>\xc3\xa9</a></xml>'
    assert xml_read(body) == {"a": "é"}


def test_plain_xml_has_no_types() -> None:
    assert xml_write({"error": 0, "ok": True}, typed=False) == b"<xml><error>0</error><ok>true</ok></xml>"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<xml><a type='number'>x</a></xml>", "not a number"),
        (b"<xml><a type='boolean'>maybe</a></xml>", "neither true nor false"),
        (b"<xml><a type='date'>x</a></xml>", "is no type"),
        (b"<xml><a>text<b/></a></xml>", "text beside elements"),
        (b"<xml><a type='list'><b/></a></xml>", "<item>s"),
        (b"<xml><a type='number'><b/></a></xml>", "can't hold elements"),
        (b"<data/>", "root element must be <xml>"),
        (b"<xml><a></xml>", "line 1"),
        (b"", "not XML"),
    ],
)
def test_xml_that_is_no_document_is_refused_in_plain_words(body: bytes, words: str) -> None:
    with pytest.raises(WireError, match=words):
        xml_read(body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "isn't JSON"),
        (b"[]", "must be an object"),
        (b"null", "must be an object"),
        (b'{"a": 1,}', "isn't JSON"),
        (b'{"a": 1} {}', "isn't JSON"),
    ],
)
def test_json_that_is_no_document_is_refused_in_plain_words(body: bytes, words: str) -> None:
    with pytest.raises(WireError, match=words):
        json_read(body)
