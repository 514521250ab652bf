"""Settings > Program: owners change name, time zone and sender; the others read them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import AuditEntry, Membership, Program
from batchadmin.accounts.services import program_change
from tests.accounts.conftest import LogIn

pytestmark = pytest.mark.django_db

GOOD = {
    "name": "Glow Beauty",
    "time_zone": "Asia/Tokyo",
    "sender_name": "The Glow team",
    "sender_address": "team@glow.example",
}
PAGE = reverse("program", kwargs={"program": "glow"})


@pytest.fixture
def browser(owner: Membership, as_user: LogIn) -> Client:
    """The owner's."""
    return as_user(owner.user)


def test_what_an_owner_changes_holds_from_the_next_page_on_and_is_recorded(
    browser: Client, owner: Membership
) -> None:
    before = owner.program
    answer = browser.post(PAGE, GOOD, follow=True)
    assert "settings are saved" in answer.text
    program = Program.objects.get(pk=before.pk)
    assert {name: getattr(program, name) for name in GOOD} == GOOD
    assert program.slug == "glow"
    entry = AuditEntry.objects.get(action="program.changed")
    assert (entry.actor, entry.subject) == (owner.user, "Glow")
    assert entry.detail["time zone"] == f"{before.time_zone} → Asia/Tokyo"
    shown = entry.at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{shown:%H:%M}" in browser.get(reverse("audit", args=["glow"])).text


def test_saving_without_a_change_leaves_no_trace(browser: Client) -> None:
    browser.post(PAGE, GOOD)
    browser.post(PAGE, GOOD)
    assert AuditEntry.objects.filter(action="program.changed").count() == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "  "}, "This field is required"),
        ({"name": "x" * 121}, "At most 120 characters"),
        ({"name": "Glow\nBcc: all@b.example"}, "Write this in one line"),
        ({"time_zone": "Mars/Olympus"}, "isn’t a time zone|isn&#x27;t a time zone"),
        ({"sender_name": "Glow\r\nBcc: all@b.example"}, "Write this in one line"),
        ({"sender_name": "Glow\u2028team"}, "Write this in one line"),
        ({"sender_address": "team@"}, "valid email address"),
        ({"sender_address": "a@b.example\nBcc: all@b.example"}, "valid email address"),
    ],
)
def test_what_can_t_be_is_said_in_the_form_and_changes_nothing(
    browser: Client, program: Program, wrong: dict[str, str], words: str
) -> None:
    answer = browser.post(PAGE, GOOD | wrong)
    assert answer.status_code == 422
    assert any(one in answer.text for one in words.split("|"))
    assert Program.objects.filter(pk=program.pk, name="Glow", time_zone=program.time_zone).exists()
    assert not AuditEntry.objects.filter(action="program.changed").exists()


def test_the_service_refuses_by_itself_what_would_break_a_header(owner: Membership) -> None:
    with pytest.raises(ValidationError) as refused:
        program_change(
            program=owner.program, by=owner.user, **GOOD | {"sender_name": "Glow\nBcc: x@b.example"}
        )
    assert list(refused.value.message_dict) == ["sender_name"]


def test_an_address_that_is_there_can_t_be_taken_away(browser: Client, program: Program) -> None:
    Program.objects.filter(pk=program.pk).update(sender_address="")
    assert browser.post(PAGE, GOOD | {"sender_address": ""}).status_code == 302
    assert browser.post(PAGE, GOOD).status_code == 302
    assert browser.post(PAGE, GOOD | {"sender_address": ""}).status_code == 422


def test_without_a_sender_s_name_e_mails_come_from_the_program_s(browser: Client, program: Program) -> None:
    browser.post(PAGE, GOOD | {"sender_name": ""})
    program.refresh_from_db()
    assert program.sender_name == "Glow Beauty"


def test_an_older_name_of_a_time_zone_can_be_kept(browser: Client, program: Program) -> None:
    Program.objects.filter(pk=program.pk).update(time_zone="CET")
    assert browser.post(PAGE, GOOD | {"time_zone": "CET"}).status_code == 302


@pytest.mark.parametrize("who", ["viewer", "manager"])
def test_who_isn_t_an_owner_reads_it_and_is_told_who_can_change_it(
    who: str, request: pytest.FixtureRequest, as_user: LogIn, owner: Membership, program: Program
) -> None:
    browser = as_user(request.getfixturevalue(who).user)
    page = browser.get(PAGE)
    assert program.time_zone in page.text
    assert "Owners can change it" in page.text
    assert page.text.count("<form") == browser.get(reverse("members", args=["glow"])).text.count("<form")
    refused = browser.post(PAGE, GOOD)
    assert refused.status_code == 403
    assert owner.user.full_name in refused.text
    program.refresh_from_db()
    assert program.name == "Glow"


def test_nobody_else_finds_it(outsider: Membership, program: Program, as_user: LogIn) -> None:
    assert as_user(outsider.user).get(PAGE).status_code == 404
    assert as_user(outsider.user).post(PAGE, GOOD).status_code == 404
