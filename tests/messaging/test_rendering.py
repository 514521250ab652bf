"""Messages are filled in for one person, and nothing missing is ever written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.rendering import CannotRender, TemplateFault, message_compile, parsed
from messaging.safe_liquid import MissingValue

VALUES: dict[str, Any] = {
    "influencer": {
        "first_name": "Bea",
        "last_name": "",
        "name": "Bea",
        "email": "bea@example.com",
        "phone": None,
        "external_id": None,
        "handles": {"instagram": "bea"},
        "attributes": {"country": "DE", "likes": 3, "vip": True, "colours": []},
        "tags": ["food", "vip"],
    },
    "campaign": {"name": "Spring"},
    "stage": {},
    "program": {"name": "Glow"},
    "sender": {"name": "Glow", "address": "hello@glow.example"},
}


def body(source: str) -> str:
    return message_compile(subject="", body=source).render(VALUES).body


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{ influencer.first_name }}!", "Hi Bea!"),
        ("{{ influencer.last_name | default: 'there' }}", "there"),
        ("{{ influencer.attributes.size | default: 'M' }}", "M"),
        ("{{ influencer.attributes.likes }} {{ influencer.attributes.vip }}", "3 true"),
        ("{{ influencer.phone | default: influencer.email }}", "bea@example.com"),
        ("{% if influencer.last_name %}Dear{% else %}Hi{% endif %}", "Hi"),
        ("{% if influencer.last_name == blank %}none{% endif %}", "none"),
        ("{% if influencer.phone == '' and influencer.last_name == nil %}none{% endif %}", "none"),
        ("{% if influencer.last_name != blank %}Dear{% else %}Hi{% endif %}", "Hi"),
        ("{% if influencer.first_name != blank %}Dear{% else %}Hi{% endif %}", "Dear"),
        ("{% unless influencer.last_name == blank %}Dear{% else %}Hi{% endunless %}", "Hi"),
        ("{{ influencer.tags | join: ', ' }}", "food, vip"),
        ("{{ influencer.first_name | upcase }} {{ campaign.name }}", "BEA Spring"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
    ],
)
def test_values_are_filled_in(source: str, text: str) -> None:
    assert body(source) == text


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Hi {{ influencer.last_name }},", "influencer.last_name"),
        ("Hi {{ influencer.last_name | upcase }},", "influencer.last_name"),
        ("{{ influencer.phone }}", "influencer.phone"),
        # "size" is also Liquid's word for a length; here it's a custom field like any other.
        ("{{ influencer.attributes.size }}", "influencer.attributes.size"),
        ("{{ influencer.attributes.colours }}", "influencer.attributes.colours"),
        ("{% assign who = influencer.last_name %}Hi {{ who }}", "influencer.last_name"),
        (
            "{% for tag in influencer.attributes.colours %}{{ tag }}{% endfor %}",
            "influencer.attributes.colours",
        ),
        ("{{ stage.name }}", "stage.name"),
    ],
)
def test_a_missing_value_without_a_default_leaves_the_person_out_and_is_named(source: str, name: str) -> None:
    with pytest.raises(CannotRender) as problem:
        body(source)
    assert (problem.value.reason, problem.value.detail) == ("missing_variable", name)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Hi {{ influencer.frist_name }}", "Line 1: no variable “frist_name”. Did you mean first_name?"),
        ("a\nb {{ influncer.first_name }}", "Line 2: no variable “influncer”. Did you mean influencer?"),
        ("{{ first_name }}", "Line 1: no variable “first_name”. Did you mean influencer.first_name?"),
        ("a\n\n{{ campaign.name | upcas }}", "Line 3: no filter “upcas”. Did you mean upcase?"),
        ("a\n{% if influencer.email %}", "Line 2"),
        ("{% include 'secrets' %}", "include"),
        ("{% render 'secrets' %}", "render"),
    ],
)
def test_a_text_that_is_wrong_is_refused_with_the_line_and_what_was_meant(source: str, words: str) -> None:
    with pytest.raises(TemplateFault, match=words.replace("?", r"\?")):
        body(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{{ (1..99999999999999999999) | join: 'x' }}",
        "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..1000) %}{% assign x = x | append: x %}{% endfor %}{{ x }}",
        "{% assign x = 99999999 %}{% for i in (1..1000) %}{% assign x = x | times: x %}{% endfor %}{{ x }}",
        "{% assign x = '" + "a" * 500 + "' %}{{ x | replace: 'a', x | replace: 'a', x | replace: 'a', x }}",
    ],
)
def test_a_text_that_loops_forever_or_eats_memory_is_one_persons_reason(source: str) -> None:
    with pytest.raises(CannotRender) as problem:
        body(source)
    assert problem.value.reason == "cannot_render"


def test_a_group_is_never_written_out_as_data() -> None:
    with pytest.raises(CannotRender, match="group"):
        body("{{ influencer }}")


def test_a_subject_is_one_line_whatever_was_pasted() -> None:
    text = message_compile(subject="Your\r\nbox", body="x").render(VALUES)
    assert text.subject == "Your box"


plain_outputs = st.sampled_from(
    [
        "{{ influencer.first_name }}",
        "{{ influencer.last_name }}",
        "{{ influencer.last_name | default: 'there' }}",
        "{{ influencer.attributes.likes }}",
        "{{ influencer.attributes.vip | default: 'no' }}",
        "{{ influencer.attributes.none | default: '' }}",
        "{{ influencer.tags }}",
        "{{ influencer.handles.instagram }}",
        "{{ campaign.name }}",
        "Hi ",
        "\n",
        "ليلى 🌸",
    ]
)


@given(st.lists(plain_outputs, max_size=6))
def test_the_short_way_writes_just_what_liquid_writes(parts: list[str]) -> None:
    source = "".join(parts)
    try:
        expected = parsed(source, "body").render(VALUES)
    except MissingValue:
        with pytest.raises(CannotRender):
            body(source)
    else:
        assert body(source) == expected
