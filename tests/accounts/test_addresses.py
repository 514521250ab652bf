"""Another e-mail address: asked for with the password, confirmed at the new one, told to the old one."""

from __future__ import annotations

import re

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import User
from tests.accounts.conftest import html
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

OLD, NEW = "old@glow.example", "new@glow.example"


@pytest.fixture
def ana(db: None) -> User:
    return UserFactory.create(email=OLD)


@pytest.fixture
def browser(ana: User, client: Client) -> Client:
    client.force_login(ana)
    return client


def ask(browser: Client, email: str = NEW, password: str = PASSWORD) -> bytes:
    return html(browser.post(reverse("address"), {"email": email, "password": password}, follow=True))


def link_of(mail: EmailMessage) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/me/address/\S+)", str(mail.body))
    assert found, mail.body
    return found.group(1)


def test_the_new_address_confirms_and_the_old_one_is_told(
    browser: Client, ana: User, mailoutbox: list[EmailMessage]
) -> None:
    ask(browser, "New@Glow.example")
    assert mailoutbox[0].to == [NEW]
    link = link_of(mailoutbox[0])
    somewhere = Client()
    somewhere.get(link)  # a mail scanner
    ana.refresh_from_db()
    assert ana.email == OLD
    somewhere.post(link)
    ana.refresh_from_db()
    assert ana.email == NEW
    assert mailoutbox[1].to == [OLD]
    assert NEW in mailoutbox[1].body
    assert browser.get(reverse("me")).status_code == 302  # logged out everywhere
    assert somewhere.get(link).status_code == 404  # used up


def test_without_the_password_nothing_is_sent(browser: Client, mailoutbox: list[EmailMessage]) -> None:
    assert b"This isn&#x27;t your password" in ask(browser, password="wrong")
    assert mailoutbox == []


def test_whether_the_address_is_taken_is_told_only_to_the_address(
    browser: Client, mailoutbox: list[EmailMessage]
) -> None:
    UserFactory.create(email="has@glow.example")
    pages = [
        ask(browser, email).replace(email.encode(), b"X")
        for email in ("has@glow.example", "not@glow.example")
    ]
    assert pages[0] == pages[1]
    assert "has an account already" in mailoutbox[0].body
    assert "/me/address/" not in mailoutbox[0].body
    assert "has an account already" not in mailoutbox[1].body


def test_an_address_that_was_taken_meanwhile_isn_t_given(
    browser: Client, ana: User, mailoutbox: list[EmailMessage]
) -> None:
    ask(browser)
    UserFactory.create(email=NEW)
    answer = Client().post(link_of(mailoutbox[0]), follow=True)
    assert "can&#x27;t be used" in answer.content.decode()
    ana.refresh_from_db()
    assert ana.email == OLD


def test_a_forged_link_and_one_from_before_a_new_password_do_nothing(
    browser: Client, ana: User, mailoutbox: list[EmailMessage]
) -> None:
    ask(browser)
    link = link_of(mailoutbox[0])
    assert Client().post(link[:-3] + "xx/").status_code == 404
    ana.set_password("a much better horse")
    ana.save()
    assert Client().post(link).status_code == 404
    ana.refresh_from_db()
    assert ana.email == OLD
