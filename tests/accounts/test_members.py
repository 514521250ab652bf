"""Settings > Members: roles, removing; invitations are in test_invitations.py."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.services import member_remove, member_role_change
from batchadmin.accounts.states import Role
from tests.accounts.conftest import LogIn

pytestmark = pytest.mark.django_db


def page(name: str, **more: int) -> str:
    return reverse(name, kwargs={"program": "glow", **more})


@pytest.fixture
def browser(owner: Membership, as_user: LogIn) -> Client:
    """The owner's."""
    return as_user(owner.user)


def test_a_member_can_t_be_added_twice(browser: Client, viewer: Membership) -> None:
    answer = browser.post(page("member-add"), {"email": viewer.user.email, "role": "owner"})
    assert answer.status_code == 422
    assert "a member already" in answer.content.decode()
    viewer.refresh_from_db()
    assert viewer.role == Role.VIEWER


@pytest.mark.parametrize("email", ["", "ana", "ana@", "a@b.example\nBcc: all@b.example"])
def test_a_bad_address_is_shown_in_the_form(browser: Client, email: str) -> None:
    before = Membership.objects.count()
    answer = browser.post(page("member-add"), {"email": email, "role": "viewer"})
    assert answer.status_code == 422
    assert "This needs mending" in answer.content.decode()
    assert Membership.objects.count() == before


def test_when_the_mail_can_t_go_out_the_owner_is_told(browser: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = browser.post(page("member-add"), {"email": "new@glow.example", "role": "viewer"}, follow=True)
    assert "couldn&#x27;t be sent" in answer.content.decode()


def test_an_owner_gives_another_role_and_it_is_recorded(
    browser: Client, owner: Membership, viewer: Membership
) -> None:
    browser.post(page("member-role", pk=viewer.pk), {"role": "manager"})
    viewer.refresh_from_db()
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert viewer.role == Role.MANAGER
    assert entry.actor == owner.user
    assert entry.subject == viewer.user.email
    assert entry.detail == {"before": "viewer", "after": "manager"}


def test_an_unknown_role_changes_nothing(browser: Client, viewer: Membership) -> None:
    answer = browser.post(page("member-role", pk=viewer.pk), {"role": "king"}, follow=True)
    assert "Choose one of the roles" in answer.content.decode()
    viewer.refresh_from_db()
    assert viewer.role == Role.VIEWER


def test_removing_asks_first_and_says_what_it_means(browser: Client, viewer: Membership) -> None:
    answer = browser.get(page("member-remove", pk=viewer.pk))
    assert "Remove Cy Young?" in answer.content.decode()
    assert "They lose sight of Glow" in answer.content.decode()
    assert Membership.objects.filter(pk=viewer.pk).exists()


def test_the_question_is_a_dialog_for_htmx(browser: Client, viewer: Membership) -> None:
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    answer = browser.get(page("member-remove", pk=viewer.pk), headers=headers)
    assert "<html" not in answer.content.decode()
    assert "Remove Cy Young?" in answer.content.decode()


def test_a_removed_member_is_out_at_once(browser: Client, viewer: Membership, as_user: LogIn) -> None:
    theirs = as_user(viewer.user)
    browser.post(page("member-remove", pk=viewer.pk))
    assert theirs.get(page("members")).status_code == 404
    assert AuditEntry.objects.get(action="member.removed").subject == viewer.user.email


@pytest.mark.parametrize("way", ["member-remove", "member-role"])
def test_the_last_owner_stays(way: str, browser: Client, owner: Membership, manager: Membership) -> None:
    answer = browser.post(page(way, pk=owner.pk), {"role": "viewer"}, follow=True)
    assert "is the only owner" in answer.content.decode()
    owner.refresh_from_db()
    assert owner.role == Role.OWNER


def test_an_owner_whose_account_is_shut_doesn_t_count(owner: Membership, viewer: Membership) -> None:
    member_role_change(membership=viewer, role=Role.OWNER, by=owner.user)
    viewer.user.is_active = False
    viewer.user.save()
    with pytest.raises(ValidationError, match="only owner"):
        member_remove(membership=owner, by=owner.user)


def test_who_removes_themselves_is_led_home(browser: Client, owner: Membership, viewer: Membership) -> None:
    member_role_change(membership=viewer, role=Role.OWNER, by=owner.user)
    assert "You lose sight of Glow" in browser.get(page("member-remove", pk=owner.pk)).content.decode()
    answer = browser.post(page("member-remove", pk=owner.pk))
    assert answer.url == "/"  # type: ignore[attr-defined]


def test_names_are_shown_as_text(browser: Client, viewer: Membership) -> None:
    viewer.user.full_name = "<script>alert(1)</script>"
    viewer.user.save()
    assert b"<script>alert" not in browser.get(page("members")).content
