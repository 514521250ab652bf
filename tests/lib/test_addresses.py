"""E-mail addresses and phone numbers as people write them."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from batchadmin.lib import addresses
from batchadmin.lib.addresses import email_clean, msisdn_clean


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("zoe@x.de", "zoe@x.de"),
        ("  Zoe@X.DE ", "zoe@x.de"),
        ("\ufeffzoe@x.de\u200b", "zoe@x.de"),
        ("zoe@x.de\n", "zoe@x.de"),
        ("zoe+may@x.de", "zoe+may@x.de"),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_an_address_has_one_form(written: str | None, stored: str | None) -> None:
    assert email_clean(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        "ana@@x.de",
        "ana",
        "@x.de",
        "ana@x",
        "a b@x.de",
        "Ana <ana@x.de>",
        "a@x.de,b@x.de",
        "a@x.de\r\nBcc: b@x.de",
    ],
)
def test_anything_else_is_refused_in_plain_words(written: str) -> None:
    with pytest.raises(ValidationError, match="Not an e-mail address"):
        email_clean(written)


def test_an_endless_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="254"):
        email_clean("a" * 250 + "@x.de")


@given(st.text(max_size=60))
def test_no_address_can_add_a_header(written: str) -> None:
    try:
        stored = email_clean(written)
    except ValidationError:
        return
    assert stored is None or not set(stored) & set("\r\n\0 ,;<>")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("+49 151 2345 6789", "4915123456789"),
        ("0049 (151) 2345-6789", "4915123456789"),
        ("4915123456789", "4915123456789"),
        ("+44 20 7946 0000", "442079460000"),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_kept_as_digits_with_its_country(written: str | None, stored: str | None) -> None:
    assert msisdn_clean(written) == stored


def test_a_region_stands_in_for_a_missing_country_code() -> None:
    assert msisdn_clean("0151 2345 6789", region="DE") == "4915123456789"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("0151 2345678", "No country code"),
        ("+49 15", "too short"),
        ("+49 151 2345 6789 0123 45", "too long"),
        ("+999 123 4567", "No country has this code"),
        ("call me", "Not a phone number"),
        ("+49 151 2345678; drop", "Not a phone number"),
    ],
)
def test_a_wrong_number_is_refused_with_what_is_wrong(written: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        msisdn_clean(written)


@given(st.text(max_size=30))
def test_what_is_kept_is_digits_and_stays_the_same(written: str) -> None:
    try:
        stored = msisdn_clean(written)
    except ValidationError:
        return
    assert stored is None or (stored.isascii() and stored.isdigit() and msisdn_clean(stored) == stored)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(COUNTRY_CODE_TO_REGION_CODE)), st.from_regex(r"\A[0-9]{3,13}\Z"))
def test_the_quick_look_at_a_number_says_what_the_thorough_one_says(code: int, rest: str) -> None:
    written = f"+{code}{rest}"
    if addresses._is_plain(written):
        assert addresses._possible(written, None) == written[1:]


def test_most_numbers_need_only_the_quick_look() -> None:
    for written in ("+4915123456789", "+442079460000", "+12025550123", "+33612345678"):
        assert addresses._is_plain(written)


@settings(deadline=None)
@given(st.from_regex(addresses.PLAIN_EMAIL, fullmatch=True))
def test_the_quick_look_at_an_address_takes_none_that_the_thorough_one_refuses(written: str) -> None:
    addresses.is_email(written)
