"""Values that are too large, too small or too long are refused in our own words."""

import pytest
from django import forms
from django.core.exceptions import ValidationError


def said(field: forms.Field, value: str) -> str:
    with pytest.raises(ValidationError) as problem:
        field.clean(value)
    return " ".join(problem.value.messages)


def test_numbers_are_said_in_short_with_their_thousands_apart() -> None:
    number = forms.IntegerField(min_value=2, max_value=10_000)
    assert said(number, "10001") == "At most 10,000."
    assert said(number, "1") == "At least 2."
    assert said(forms.FloatField(min_value=0.01), "0") == "At least 0.01."


def test_lengths_are_said_with_what_was_given() -> None:
    assert said(forms.CharField(max_length=1), "ab") == "At most 1 character; these are 2."
    assert said(forms.CharField(max_length=1000), "a" * 1234) == "At most 1,000 characters; these are 1,234."
    assert said(forms.CharField(min_length=3), "ab") == "At least 3 characters; these are 2."
