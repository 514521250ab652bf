"""Logging in and out."""

from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from batchadmin import settings as product
from batchadmin.accounts.models import Membership, User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

FAILED = "This e-mail address and password don&#x27;t go together."


def log_in(browser: Client, email: str, password: str, **more: str) -> object:
    return browser.post(reverse("log-in"), {"username": email, "password": password, **more})


def is_logged_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def test_the_right_password_leads_home(client: Client) -> None:
    UserFactory.create(email="ana@glow.example")
    answer = log_in(client, "ana@glow.example", PASSWORD)
    assert answer.url == "/"  # type: ignore[attr-defined]
    assert is_logged_in(client)


def test_capitals_in_the_address_don_t_matter(client: Client) -> None:
    UserFactory.create(email="ana@glow.example")
    log_in(client, " Ana@Glow.Example", PASSWORD)
    assert is_logged_in(client)


def test_log_in_leads_back_to_the_page_that_was_asked_for(client: Client, viewer: Membership) -> None:
    page = "/p/glow/settings/members/"
    answer = log_in(client, viewer.user.email, PASSWORD, next=page)
    assert answer.url == page  # type: ignore[attr-defined]


def test_log_in_never_leads_to_another_site(client: Client) -> None:
    user = UserFactory.create()
    answer = log_in(client, user.email, PASSWORD, next="https://evil.example/")
    assert answer.url == "/"  # type: ignore[attr-defined]


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(client: Client) -> None:
    UserFactory.create(email="ana@glow.example")
    wrong = log_in(client, "ana@glow.example", "wrong")
    unknown = log_in(client, "eve@glow.example", "wrong")
    assert FAILED in wrong.content.decode()  # type: ignore[attr-defined]
    assert FAILED in unknown.content.decode()  # type: ignore[attr-defined]
    assert wrong.status_code == unknown.status_code  # type: ignore[attr-defined]


def test_an_inactive_account_gets_that_answer_too(client: Client) -> None:
    user = UserFactory.create(is_active=False)
    answer = log_in(client, user.email, PASSWORD)
    assert FAILED in answer.content.decode()  # type: ignore[attr-defined]


def test_ten_failures_shut_the_account_for_a_while_even_with_the_right_password(client: Client) -> None:
    user = UserFactory.create(email="ana@glow.example")
    for _ in range(10):
        log_in(client, user.email, "wrong")
    answer = log_in(client, user.email, PASSWORD)
    assert answer.status_code == 429  # type: ignore[attr-defined]
    assert "Wait 15 minutes" in answer.content.decode()  # type: ignore[attr-defined]
    assert not is_logged_in(client)


def test_another_spelling_of_the_address_is_no_way_around_it(client: Client) -> None:
    UserFactory.create(email="ana@glow.example")
    for number in range(10):
        log_in(client, "ana@glow.example" if number % 2 else "ANA@glow.example", "wrong")
    log_in(client, "Ana@Glow.example", PASSWORD)
    assert not is_logged_in(client)


def test_an_unknown_account_is_shut_just_the_same(client: Client) -> None:
    for _ in range(10):
        log_in(client, "eve@glow.example", "wrong")
    answer = log_in(client, "eve@glow.example", "wrong")
    assert answer.status_code == 429  # type: ignore[attr-defined]


def test_others_can_log_in_meanwhile(client: Client) -> None:
    for _ in range(10):
        log_in(client, "eve@glow.example", "wrong")
    log_in(client, UserFactory.create().email, PASSWORD)
    assert is_logged_in(client)


def test_log_out_ends_the_session_and_needs_a_post(client: Client) -> None:
    client.force_login(UserFactory.create())
    assert client.get(reverse("log-out")).status_code == 405
    assert is_logged_in(client)
    assert client.post(reverse("log-out")).url == reverse("log-in")  # type: ignore[attr-defined]
    assert not is_logged_in(client)


def test_a_forged_log_in_from_another_site_is_refused() -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(reverse("log-in"), {"username": "a@b.example", "password": "x"})
    assert answer.status_code == 403
    assert "out of date" in answer.content.decode()


def test_passwords_are_kept_as_argon2(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS  # the tests' own are quicker
    assert UserFactory.create().password.startswith("argon2")


def test_addresses_are_one_person_whatever_their_capitals() -> None:
    user = User.objects.create_user("Ana@Glow.Example", PASSWORD)
    assert User.objects.get(email="ANA@glow.example") == user
    assert user.email == "ana@glow.example"


def test_behind_a_proxy_of_ours_ten_failures_shut_it_for_whoever_failed_only(
    client: Client, settings: Settings
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    user = UserFactory.create(email="ana@glow.example")

    def tried(address: str, password: str) -> int:
        told = {"username": user.email, "password": password}
        return client.post(reverse("log-in"), told, headers={"X-Forwarded-For": address}).status_code

    for _ in range(10):
        tried("203.0.113.9", "wrong")
    assert tried("203.0.113.9", PASSWORD) == 429
    assert tried("198.51.100.7", PASSWORD) == 302


def test_as_much_is_worked_out_for_an_unknown_account_as_for_a_known_one(
    client: Client, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    invited, known = UserFactory.create(), UserFactory.create()
    invited.set_unusable_password()
    invited.save()
    known.set_password(PASSWORD)
    known.save()

    def hashes(email: str) -> int:
        worked = 0
        for name in ("encode", "verify"):
            real = getattr(Argon2PasswordHasher, name)
            with patch.object(Argon2PasswordHasher, name, autospec=True, side_effect=real) as seen:
                log_in(client, email, "wrong")
            worked += seen.call_count
        return worked

    assert hashes("nobody@glow.example") == hashes(invited.email) == hashes(known.email) == 1
