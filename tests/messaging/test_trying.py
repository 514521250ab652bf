"""What would go around for ever or eat memory is refused where it is written, with its line, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from messaging.models import Template, Trigger
from messaging.rendering import TemplateFault
from messaging.services.broadcasts import message_check
from messaging.trying import message_try
from tests.messaging.factories import ChannelFactory

FOREVER = "Hi\n{% for i in (1..1000000000) %}x{% endfor %}"
MESSAGES = {
    FOREVER: "Line 2: this goes around more than 2,000 times.",
    "{% for i in (1..2000) %}" + "a" * 200 + "{% endfor %}": "Line 1: with this the text is longer than 200,000 characters.",
    "Hi\n\n{{ (1..99999999999999999999) | join: 'x' }}": "Line 3: “join” would make too much text.",
    "{% assign x = 'a' %}{% for i in (1..99) %}{% assign x = x | append: x %}{% endfor %}{{ x }}": "Line 1: this keeps too much",
    "{% for i in (1..3) %}\n\n{% for i in (1..1000) %}x{% endfor %}{% endfor %}": "Line 3: ",
    "{% if influencer.attributes.size %}" + FOREVER + "{% endif %}": "Line 2: ",
    "{% unless influencer.attributes.size %}" + FOREVER + "{% endunless %}": "Line 2: ",
}  # fmt: skip
FINE = [
    "Hi {{ influencer.first_name }}",
    "{% for tag in influencer.tags %}{{ tag }} {% endfor %}{{ influencer.attributes.size | times: 2 }}",
    "{{ influencer.attributes.size | divided_by: 0 }}",
    "{% for i in (1..100) %}{{ i }}{% endfor %}",
]


def test_what_comes_to_a_limit_of_rendering_is_told_with_its_line() -> None:
    for source, words in MESSAGES.items():
        for field in ("body", "html"):
            body, markup = (source, "") if field == "body" else ("", source)
            with pytest.raises(TemplateFault) as fault:
                message_try(subject="", body=body, html=markup)
            assert str(fault.value).startswith(words), source
            assert fault.value.field == field


def test_what_only_some_people_lack_is_nobodys_fault() -> None:
    for source in FINE:
        message_try(subject=source, body=source, html=source)


def test_a_message_is_refused_before_it_is_requested() -> None:
    with pytest.raises(TemplateFault, match="Line 2"):
        message_check(subject="", body=FOREVER, campaign=None, stage=None)


@pytest.mark.django_db
def test_neither_a_template_nor_a_trigger_is_saved_and_what_was_typed_stays(
    client: Client, member: Membership
) -> None:
    client.force_login(member.user)
    channel = ChannelFactory.create(program=member.program)
    given: dict[str, Any] = {"name": "Autumn", "subject": "My subject", "body": FOREVER, "delivery": "manual"}
    pages: dict[str, dict[str, Any]] = {
        "template-new": {"action": "save"},
        "trigger-new": {"channel": channel.pk},
    }
    for page, more in pages.items():
        answer = client.post(reverse(page, args=[member.program.slug]), {**given, **more})
        text = answer.content.decode()
        assert (answer.status_code, "Line 2: this goes around more than 2,000 times." in text) == (
            422,
            True,
        ), page
        for typed in ("Autumn", "My subject", "(1..1000000000)"):
            assert typed in text, page
    assert not Template.objects.filter(name="Autumn").exists()
    assert not Trigger.objects.exists()
