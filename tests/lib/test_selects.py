"""Selects are drawn by our own hand, and say the same as the framework's."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test import SimpleTestCase

from batchadmin.lib.selects import QuickSelects

HOSTILE = '"><script>alert(1)</script>&amp;'


class Form(forms.Form):
    plain = forms.ChoiceField(choices=[("", "Any"), ("1", "One"), (2, HOSTILE)], required=False)
    grouped = forms.ChoiceField(choices=[("Zoë & co", [(HOSTILE, "first"), ("b", "second")]), ("c", "third")])
    several = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")])
    boxes = forms.MultipleChoiceField(
        choices=[("a", HOSTILE), (HOSTILE, "B")], widget=forms.CheckboxSelectMultiple
    )
    buttons = forms.ChoiceField(choices=[("a", "A"), ("", HOSTILE)], widget=forms.RadioSelect)
    disabled = forms.TypedChoiceField(choices=[(None, "–"), (1_000, "1,000")], coerce=int, disabled=True)


@pytest.mark.parametrize("name", ["plain", "grouped", "several", "disabled"])
@pytest.mark.parametrize(
    "data", [None, {"plain": "2", "grouped": HOSTILE, "several": ["a", "b"]}, {"plain": "nothing"}]
)
def test_a_select_is_the_same_as_the_frameworks(name: str, data: dict[str, Any] | None) -> None:
    ours, theirs = (Form(data, renderer=renderer)[name] for renderer in (QuickSelects(), DjangoTemplates()))
    attrs: dict[str, str | bool] = {
        "class": "form-select",
        "data-x": HOSTILE,
        "hidden": True,
        "autofocus": False,
    }
    SimpleTestCase().assertHTMLEqual(ours.as_widget(attrs=attrs), theirs.as_widget(attrs=attrs))


@pytest.mark.parametrize("name", ["boxes", "buttons"])
def test_a_box_beside_its_own_label_is_the_same_as_the_frameworks(name: str) -> None:
    data = {"boxes": [HOSTILE], "buttons": "a"}
    ours, theirs = (Form(data, renderer=renderer)[name] for renderer in (QuickSelects(), DjangoTemplates()))
    for own, other in zip(ours.subwidgets, theirs.subwidgets, strict=True):
        SimpleTestCase().assertHTMLEqual(own.tag(), other.tag())
