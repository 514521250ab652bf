"""Settings > API tokens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import ApiToken, AuditEntry, Membership, User
from batchadmin.accounts.services import token_create, token_find
from batchadmin.accounts.states import Role

LogIn = Callable[[User], Client]


def page(member: Membership) -> str:
    return reverse("tokens", kwargs={"program": member.program.slug})


def test_a_token_is_made_and_its_text_shown_this_once(owner: Membership, as_user: LogIn) -> None:
    browser = as_user(owner.user)
    made = browser.post(page(owner), {"name": "Webshop", "role": "viewer"})
    (text,) = re.findall(r"bat_[\w-]{40,}", made.text)
    token = token_find(plaintext=text)
    assert token is not None
    assert (token.name, token.role, token.created_by) == ("Webshop", Role.VIEWER, owner.user)
    assert "no-store" in made["Cache-Control"]
    again = browser.get(page(owner)).text
    assert text not in again
    assert token.prefix in again
    assert "never" in again


@pytest.mark.parametrize("said", [{"name": " ", "role": "viewer"}, {"name": "x", "role": "king"}, {}])
def test_what_is_missing_is_said_in_the_form(owner: Membership, as_user: LogIn, said: dict[str, str]) -> None:
    answer = as_user(owner.user).post(page(owner), said)
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_after_a_question(owner: Membership, as_user: LogIn) -> None:
    token, text = token_create(program=owner.program, role=Role.VIEWER, name="Webshop", by=owner.user)
    browser = as_user(owner.user)
    address = reverse("token-revoke", kwargs={"program": owner.program.slug, "pk": token.pk})
    asked = browser.get(address).text
    assert "Revoke “Webshop”?" in asked
    assert "It has never been used." in asked
    assert token_find(plaintext=text)
    ApiToken.objects.update(last_used_at=timezone.now())
    assert "It was last used <time" in browser.get(address).text
    assert "“Webshop” is revoked." in browser.post(address, follow=True).text
    assert token_find(plaintext=text) is None
    assert AuditEntry.objects.filter(action="token.revoked", actor=owner.user).exists()


def test_only_owners_see_tokens_and_only_their_programs(
    owner: Membership, manager: Membership, viewer: Membership, outsider: Membership, as_user: LogIn
) -> None:
    token, _text = token_create(program=outsider.program, role=Role.OWNER, name="Theirs", by=None)
    assert as_user(manager.user).get(page(owner)).status_code == 403
    assert as_user(viewer.user).post(page(owner), {"name": "x", "role": "owner"}).status_code == 403
    assert as_user(outsider.user).get(page(owner)).status_code == 404
    address = reverse("token-revoke", kwargs={"program": owner.program.slug, "pk": token.pk})
    assert as_user(owner.user).post(address).status_code == 404
    assert "Theirs" not in as_user(owner.user).get(page(owner)).text
