"""What the editor shows beside a template: its text for one person, its HTML, its SMS, and a test to oneself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from campaigns.models import Influencer
from campaigns.states import ChannelType
from messaging.models import Attachment
from messaging.recipients import recipients_read
from messaging.segments import segments_of
from messaging.showing_html import html_cleaned
from messaging.variables import influencer_values
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, smtp_channel

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files_folder(settings: Any, tmp_path: Path) -> None:
    """Files of a test are its own."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def browser(member: Membership, client: Client) -> Client:
    """The manager's browser, logged in."""
    client.force_login(member.user)
    return client


def words(response: Any) -> str:
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def test_a_loop_without_end_is_shown_with_its_line(browser: Client, member: Membership) -> None:
    people(member, 1)
    sent = {"subject": "", "body": "Hi\n{% for i in (1..1000000000) %}x{% endfor %}"}
    page = browser.post(reverse("template-preview", args=[member.program.slug]), sent)
    assert "Line 2: this goes around more than 2,000 times." in words(page)


def test_the_preview_is_for_whom_one_asks(browser: Client, member: Membership) -> None:
    people(member, 1, first_name="Ana")
    people(member, 1, first_name="Bea", last_name="Lund")
    sent = {
        "subject": "For {{ influencer.last_name | default: 'you' }}",
        "body": "Hi {{ influencer.first_name }}",
    }
    address = reverse("template-preview", args=[member.program.slug])
    assert "Hi Bea" in words(browser.post(address, {**sent, "person": "lund"}))
    assert "Hi Ana" in words(browser.post(address, sent))
    assert "Nobody matches “zoe”." in words(browser.post(address, {**sent, "person": "zoe"}))


def test_the_preview_counts_sms(browser: Client, member: Membership) -> None:
    people(member, 1)
    page = browser.post(reverse("template-preview", args=[member.program.slug]), {"body": "🌸" * 36})
    assert "As SMS: 2 parts, 72 characters." in words(page)


@pytest.mark.parametrize(
    ("text", "encoding", "places", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the euro doesn't fit behind 152, nor is it split
        ("ł" * 70, "UCS-2", 70, 1),
        ("ł" * 71, "UCS-2", 71, 2),
        ("ł" + "a" * 133, "UCS-2", 134, 2),
        ("🌸" * 35, "UCS-2", 70, 1),
        ("🌸" * 67, "UCS-2", 134, 3),  # 33 to a part: a surrogate pair stays together
    ],
)
def test_an_sms_is_counted_as_networks_count_it(text: str, encoding: str, places: int, parts: int) -> None:
    found = segments_of(text)
    assert (found.encoding, found.places, found.parts) == (encoding, places, parts)


def test_compose_shows_the_html_and_the_text_as_the_same_person_gets_them(
    browser: Client, member: Membership, smtp_server: Any
) -> None:
    people(member, 1, first_name="Ana")
    people(member, 1, first_name="Bea")
    template = TemplateFactory.create(
        program=member.program,
        body="Hi {{ influencer.first_name }}",
        html="<p style='color:red'>Dear {{ influencer.first_name }}</p><script>alert(1)</script>",
    )
    channel = smtp_channel(member, smtp_server)
    form = {
        "composing": "1", "to": "filter", "channel": channel.pk, "template": template.pk, "subject": "Your box",
        "body": template.body, "preview": "2", "when": "now",
    }  # fmt: skip
    address = reverse("broadcast-check", args=[member.program.slug])
    page = browser.post(address, form)
    assert "Hi Bea" in words(page)
    frame = browser.get(page.context["html_url"])
    assert page.context["html_url"].replace("&", "&amp;") in page.content.decode()
    assert '<p style="color:red">Dear Bea</p>' in words(frame)
    assert "alert" not in frame.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    changed = browser.post(address, {**form, "body": "Hello {{ influencer.first_name }}"})
    assert "Hello Bea" in words(changed)
    assert "html-frame" not in changed.content.decode()


def test_the_frame_shows_nobody_of_another_program(browser: Client, member: Membership) -> None:
    template = TemplateFactory.create(
        program=member.program, body="Hi", html="<p>{{ influencer.first_name }}</p>"
    )
    (other,) = people(MembershipFactory.create(), 1, first_name="Secret")
    address = reverse("template-html", args=[member.program.slug, template.pk])
    assert "Secret" not in browser.get(address, {"influencer": other.pk}).content.decode()


def test_the_html_is_shown_cleaned_in_a_frame_that_may_do_nothing(
    browser: Client, member: Membership
) -> None:
    people(member, 1)
    template = TemplateFactory.create(
        program=member.program,
        html='<p style="color: red">Hi</p><script>alert(1)</script><img src=x onerror=alert(1)>',
    )
    frame = browser.get(reverse("template-html", args=[member.program.slug, template.pk]))
    assert '<p style="color: red">Hi</p>' in words(frame)
    assert "alert" not in words(frame)
    policy = frame["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    page = words(browser.get(reverse("template", args=[member.program.slug, template.pk])))
    assert 'sandbox=""' in page


@pytest.mark.parametrize(
    "html",
    [
        "<a href='javascript:alert(1)'>x</a>",
        "<form action=/><input></form>",
        "<iframe src=/></iframe>",
        "<svg onload=alert(1)>",
        "<meta http-equiv=refresh content='0;url=//x'>",
        "<base href=//x>",
        "<object data=x></object>",
    ],
)
def test_nothing_that_acts_survives_the_cleaning(html: str) -> None:
    cleaned = html_cleaned(html)
    for word in ("alert", "<form", "<input", "<iframe", "<svg", "<meta", "<base", "<object"):
        assert word not in cleaned


def test_a_picture_is_shown_only_where_the_policy_of_the_frame_lets_it_be_loaded() -> None:
    assert "src" not in html_cleaned(
        "<img src=x alt=Box><img src=/files/1><img src=http://example.com/a.png>"
    )
    assert 'src="https://example.com/a.png"' in html_cleaned('<img src="https://example.com/a.png">')


def test_a_test_goes_to_oneself_with_html_and_files(
    browser: Client, member: Membership, smtp_server: Any
) -> None:
    people(member, 1, first_name="Bea")
    smtp = smtp_channel(member, smtp_server)
    template = TemplateFactory.create(program=member.program, name="Welcome")
    template.attachments.add(
        Attachment.objects.create(
            program=member.program, name="a.txt", size=1, file=SimpleUploadedFile("a.txt", b"a")
        )
    )
    html = "<p>{{ influencer.first_name }}</p>"
    sent = {"action": "test", "body": "Hi", "html": html, "channel": smtp.pk}
    page = browser.post(reverse("template", args=[member.program.slug, template.pk]), sent)
    assert f"A test went to {member.user.email}." in words(page)
    (letter,) = smtp_server.messages
    assert letter.recipients == [member.user.email]
    assert letter.parsed.get_body(("html",)).get_content().strip() == "<p>Bea</p>"
    assert len(list(letter.parsed.iter_attachments())) == 1
    template.refresh_from_db()
    assert template.html == ""


def test_the_variables_are_listed_with_what_each_is(browser: Client, member: Membership) -> None:
    page = words(browser.get(reverse("template-new", args=[member.program.slug])))
    assert 'data-insert="influencer.first_name"' in page
    assert "Where they can unsubscribe by themselves" in page


def test_compose_says_what_of_the_template_goes_along(browser: Client, member: Membership) -> None:
    people(member, 1)
    channel = ChannelFactory.create(program=member.program)
    template = TemplateFactory.create(program=member.program, body="Hi", html="<p>Hi</p>")
    address = reverse("broadcast-check", args=[member.program.slug])
    sent = {
        "composing": "1",
        "to": "filter",
        "channel": channel.pk,
        "template": template.pk,
        "subject": "Hi",
    }
    assert "Goes along: the template's HTML." in words(browser.post(address, {**sent, "body": "Hi"}))
    changed = words(browser.post(address, {**sent, "body": "Hi there"}))
    assert "not the template's HTML, because the text is another" in changed


@pytest.mark.parametrize(
    "known",
    [
        {"first_name": "Zoe", "last_name": "Lund", "msisdn": "491707770001", "tags": ["vip"]},
        {"first_name": "", "email": None, "handles": {"x": "zoe", "tiktok": "zed"}, "external_id": "7"},
        {"first_name": "", "email": None, "msisdn": "491707770001", "attributes": {"size": "M"}},
    ],
)
def test_a_preview_knows_of_somebody_what_their_message_will(
    member: Membership, known: dict[str, Any]
) -> None:
    people(member, 1, **known)
    somebody = Influencer.objects.get()
    read = recipients_read(keys=[somebody.pk], reaches=ChannelType.EMAIL)
    assert influencer_values(somebody) == read[somebody.pk].values
