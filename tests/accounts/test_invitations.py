"""Inviting people: the link, who may use it, and what it tells whom."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import AuditEntry, Invitation, Membership, User
from batchadmin.accounts.states import Role
from tests.accounts.conftest import LogIn, html
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = "new@glow.example"
JOIN = {"full_name": "Nia New", "password1": "a much better horse", "password2": "a much better horse"}


def invite(owner: Membership, as_user: LogIn, email: str = NEW, role: str = "manager") -> Any:
    address = reverse("member-add", kwargs={"program": "glow"})
    return as_user(owner.user).post(address, {"email": email, "role": role}, follow=True)


def link_of(mail: EmailMessage) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/join/\S+)", str(mail.body))
    assert found, mail.body
    return found.group(1)


def test_a_new_person_joins_with_a_name_and_a_password(
    owner: Membership, as_user: LogIn, mailoutbox: list[EmailMessage], client: Client
) -> None:
    invite(owner, as_user, "New@Glow.example")
    assert mailoutbox[0].to == [NEW]
    assert not User.objects.filter(email=NEW).exists()  # nothing is made before they say yes
    link = link_of(mailoutbox[0])
    assert "Join Glow" in client.get(link).content.decode()
    answer = client.post(link, JOIN, follow=True)
    assert "You are in Glow now, as Manager." in answer.content.decode()
    joined = Membership.objects.get(user__email=NEW)
    assert (joined.role, joined.user.full_name) == (Role.MANAGER, "Nia New")
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "actor_name"))
    assert actions == [("invitation.sent", owner.user.email), ("invitation.accepted", NEW)]


def test_a_bad_password_makes_no_account(
    owner: Membership, as_user: LogIn, mailoutbox: list[EmailMessage], client: Client
) -> None:
    invite(owner, as_user)
    for bad in ({"password2": "other"}, {"password1": "short", "password2": "short"}):
        assert client.post(link_of(mailoutbox[0]), {**JOIN, **bad}).status_code == 422
    assert not User.objects.filter(email=NEW).exists()


def test_somebody_with_an_account_logs_in_and_says_yes(
    owner: Membership, as_user: LogIn, mailoutbox: list[EmailMessage], client: Client
) -> None:
    known = UserFactory.create(email=NEW)
    invite(owner, as_user)
    link = link_of(mailoutbox[0])
    assert "Log in to join" in client.get(link).content.decode()
    client.post(link, JOIN)
    known.refresh_from_db()
    assert known.check_password(PASSWORD)  # the link is no way around their password
    assert not known.memberships.exists()
    theirs = as_user(known)
    theirs.post(link)
    assert known.memberships.get().role == Role.MANAGER
    assert theirs.get(link).status_code == 404


def test_the_owner_learns_nothing_about_accounts(
    owner: Membership, as_user: LogIn, mailoutbox: list[EmailMessage]
) -> None:
    UserFactory.create(email="has@glow.example")
    pages = [html(invite(owner, as_user, email)) for email in ("has@glow.example", "not@glow.example")]
    Invitation.objects.all().delete()
    shown = [re.sub(rb"(has|not)@glow\.example", b"X", page) for page in pages]
    assert shown[0].count(b"X gets an invitation") == shown[1].count(b"X gets an invitation") == 1
    bodies = [re.sub(r"/join/\S+", "", str(mail.body)) for mail in mailoutbox]
    assert bodies[0] == bodies[1]


def test_somebody_else_can_t_use_it(
    owner: Membership, as_user: LogIn, mailoutbox: list[EmailMessage]
) -> None:
    invite(owner, as_user)
    other = UserFactory.create()
    browser, link = as_user(other), link_of(mailoutbox[0])
    answer = browser.post(link)
    assert other.email in answer.content.decode()
    assert not other.memberships.exists()
    assert f'name="next" value="{link}"' in answer.content.decode()
    after = browser.post(reverse("log-out"), {"next": link}, follow=True)
    assert "Join Glow" in after.content.decode()


@pytest.mark.parametrize("why", ["used", "taken back", "too old", "sent again", "forged"])
def test_a_link_that_isn_t_open_does_nothing(
    why: str, owner: Membership, as_user: LogIn, mailoutbox: list[EmailMessage], client: Client
) -> None:
    invite(owner, as_user)
    link = link_of(mailoutbox[0])
    made = Invitation.objects.get()
    if why == "used":
        Client().post(link, JOIN)
    elif why == "taken back":
        as_user(owner.user).post(reverse("invitation-revoke", args=["glow", made.pk]))
        assert AuditEntry.objects.filter(action="invitation.revoked").exists()
    elif why == "too old":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif why == "sent again":
        invite(owner, as_user)
    else:
        link = link[:-2] + "A/" if link[-2] != "A" else link[:-2] + "B/"
    before = Membership.objects.count()
    assert client.get(link).status_code == 404
    assert client.post(link, JOIN).status_code == 404
    assert Membership.objects.count() == before


def test_only_its_hash_is_kept(owner: Membership, as_user: LogIn, mailoutbox: list[EmailMessage]) -> None:
    invite(owner, as_user)
    token = link_of(mailoutbox[0]).split("/")[2]
    kept = str(list(Invitation.objects.values())) + str(list(AuditEntry.objects.values()))
    assert token not in kept


def test_the_list_shows_who_is_invited_to_owners_only(
    owner: Membership, viewer: Membership, as_user: LogIn
) -> None:
    assert NEW in invite(owner, as_user).content.decode().split("<main")[1]
    page = reverse("members", kwargs={"program": "glow"})
    assert NEW not in as_user(viewer.user).get(page).content.decode()
