"""Columns, values and rows of an import, without a database."""

from __future__ import annotations

import io
from typing import Any

import pytest

from batchadmin.lib.csvfiles import table_open
from campaigns.importing.columns import (
    MappingProblem,
    columns_recognise,
    identifier_of,
    mapping_complete,
)
from campaigns.importing.rows import Member, members_read
from campaigns.importing.values import cell_clean, number_read


def read(text: str, by_handle: bool = False, **columns: str) -> list[Member]:
    table = table_open(io.BytesIO(text.encode()), name="may.csv")
    mapping = mapping_complete(columns_recognise(table.headers, []), columns)
    return list(members_read(table.rows(), table.headers, mapping, by_handle=by_handle))


def problem(member: Member) -> tuple[int, str, str, str]:
    assert member.problem is not None
    return member.line, member.problem.column, member.problem.value, member.problem.code


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3.3k", 3_300),
        ("475.8m", 475_800_000),
        ("29.0b", 29_000_000_000),
        ("0.89K", 890),
        ("1,200", 1_200),
        ("1,234,567.5", 1_234_567.5),
        ("3,3k", 3_300),
        ("92", 92),
        ("-1.5", -1.5),
        ("0151", None),
        ("1.39%", None),
        ("12 34", None),
        ("1e5", None),
        ("1234567890123456", None),
        ("k", None),
    ],
)
def test_numbers_are_read_as_files_write_them(text: str, number: float | None) -> None:
    assert number_read(text) == number


@pytest.mark.parametrize("text", ["", "  ", "NaN", "nan", "NULL", "None", "N/A", "-", "\x00"])
def test_these_values_are_absent(text: str) -> None:
    assert cell_clean(text) == ""


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("E-Mail", "email"),
        ("Email address", "email"),
        ("Phone Number", "msisdn"),
        ("ID", "external_id"),
        ("Vorname", "first_name"),
        ("Full name", "name"),
        ("Username", "handle:instagram"),
        ("TikTok handle", "handle:tiktok"),
        ("channel_info", "handle:instagram"),
        ("Shoe size", "attribute:shoe_size"),
        ("Rejected because", "ignore"),
    ],
)
def test_columns_are_recognised_by_their_headings(header: str, field: str) -> None:
    assert columns_recognise([header], []) == {header: field}


def test_a_column_of_numbers_is_a_number_and_a_mixed_one_is_text() -> None:
    mapping = columns_recognise(["Followers", "Rate"], [["3.3k", "1.39%"], ["NaN", "2"]])
    assert mapping == {"Followers": "number:followers", "Rate": "attribute:rate"}


def test_two_columns_for_one_field_leave_the_second_an_attribute() -> None:
    assert columns_recognise(["email", "mail"], []) == {"email": "email", "mail": "attribute:mail"}


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"nosuch": "email"}, "no column “nosuch”. Its columns are a, b"),
        ({"a": "nosuch"}, "“nosuch” isn't a field. The fields are"),
        ({"a": "email", "b": "email"}, "can't both be email"),
    ],
)
def test_a_mapping_that_cant_be_used_is_refused(chosen: dict[str, str], words: str) -> None:
    with pytest.raises(MappingProblem, match=words):
        mapping_complete({"a": "attribute:a", "b": "attribute:b"}, chosen)


def test_a_column_chosen_by_hand_takes_the_field_from_a_recognised_one() -> None:
    mapping = mapping_complete({"email": "email", "work": "attribute:work"}, {"work": "email"})
    assert mapping == {"email": "attribute:email", "work": "email"}


def test_a_file_that_tells_nobody_apart_is_refused() -> None:
    with pytest.raises(MappingProblem, match="who is who"):
        identifier_of({"size": "attribute:size"})


def test_a_handle_identifies_only_where_there_is_nothing_better() -> None:
    assert identifier_of({"u": "handle:instagram"}) == "handle"
    assert identifier_of({"u": "handle:instagram", "e": "email"}) == ""


def test_a_row_becomes_what_it_says() -> None:
    text = "Name,Email,Phone,Username,Tags,Size\nZoë Mueller, ZOE@X.de ,+49 151 2345678,@ZoeM,a|b,M\n"
    values: dict[str, Any] = read(text)[0].values
    assert values == {
        "first_name": "Zoë",
        "last_name": "Mueller",
        "email": "zoe@x.de",
        "msisdn": "491512345678",
        "handles": {"instagram": "ZoeM"},
        "tags": ["a", "b"],
        "attributes": {"size": "M"},
    }


def test_absent_values_are_left_out() -> None:
    assert read("Email,Phone,Country\nzoe@x.de,NaN,\n")[0].values == {"email": "zoe@x.de"}


def test_each_rejected_row_says_line_column_value_and_reason() -> None:
    text = "Email,Phone\nana@@x.de,\n,0151 23\nbea@x.de,\nbea@x.de,\n,\nx@y.de,,,more\n"
    members = read(text + "NaN,-\n")
    assert [problem(one) for one in members if one.problem] == [
        (2, "Email", "ana@@x.de", "invalid_email"),
        (3, "Phone", "0151 23", "invalid_msisdn"),
        (5, "Email", "bea@x.de", "duplicated_email"),
        (7, "", "more", "too_many_values"),
        (8, "", "", "missing_identifier"),
    ]
    duplicate = members[3].problem
    assert duplicate is not None
    assert "line 4" in duplicate.reason


def test_handles_are_the_same_in_upper_and_lower_case() -> None:
    first, second = read("Username\n@ZoeM\nzoem\n", by_handle=True)
    assert first.problem is None
    assert problem(second)[3] == "duplicated_handle"


def test_the_address_of_a_profile_is_its_handle() -> None:
    assert read("Instagram\nhttps://www.instagram.com/zoem/?hl=de\n", by_handle=True)[0].values == {
        "handles": {"instagram": "zoem"}
    }


def test_a_member_survives_the_ledger() -> None:
    for member in read("Email\nzoe@x.de\nno\n"):
        assert Member.of_payload(member.as_payload()) == member


def test_values_that_a_column_has_often_are_read_as_when_it_had_them_first() -> None:
    lines = "".join(f"p{number}@x.example,{number % 3}k,DE,'+1\n" for number in range(1_500))
    members = read(f"email,fans,country,sign\n{lines}", fans="number")
    for number, member in enumerate(members):
        wanted = {"fans": number % 3 * 1_000, "country": "DE", "sign": "+1"}
        assert (member.values["email"], member.values["attributes"]) == (f"p{number}@x.example", wanted)


def test_a_value_that_is_wrong_is_wrong_in_every_row() -> None:
    members = read("email,phone\na@x.example,12ab\nb@x.example,12ab\n")
    assert [problem(member)[3] for member in members] == ["invalid_msisdn"] * 2


def test_a_cell_with_nothing_to_see_is_absent() -> None:
    (member,) = read("email,handle,phone\n\u200b,@,+4915123456789\n")
    assert member.values == {"msisdn": "4915123456789"}
