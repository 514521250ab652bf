"""Passwords: forgotten, chosen, changed."""

import re

import django_rq
import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings
from redis import Redis
from rq import Queue, SimpleWorker

from tests.accounts.conftest import html
from tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]

NEW = "a much better horse"


def ask(browser: Client, email: str) -> bytes:
    with TestCase.captureOnCommitCallbacks(execute=True):
        page = html(browser.post(reverse("password-reset"), {"email": email}, follow=True))
    work()
    return page


def work() -> None:
    """Do what a worker would."""
    queue = django_rq.get_queue("express")
    SimpleWorker([queue], connection=queue.connection).work(burst=True, logging_level="ERROR")


def link_in(mail: object) -> str:
    found = re.search(r"https?://[^\s]+(/password-reset/[^\s]+)", str(mail))
    assert found
    return found[1]


def test_the_link_in_the_mail_sets_a_new_password(client: Client, mailoutbox: list[EmailMessage]) -> None:
    user = UserFactory.create(email="ana@glow.example")
    ask(client, "Ana@glow.example")
    page = client.get(link_in(mailoutbox[0].body), follow=True)
    form = page.redirect_chain[-1][0]
    answer = client.post(form, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    user.refresh_from_db()
    assert mailoutbox[0].to == ["ana@glow.example"]
    assert user.check_password(NEW)
    assert "Your password is set" in answer.content.decode()


def test_the_link_works_once(client: Client, mailoutbox: list[EmailMessage]) -> None:
    UserFactory.create(email="ana@glow.example")
    ask(client, "ana@glow.example")
    link = link_in(mailoutbox[0].body)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert "used up" in Client().get(link, follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    UserFactory.create(email="ana@glow.example")
    assert ask(client, "ana@glow.example") == ask(client, "eve@glow.example")
    assert len(mailoutbox) == 1


def test_the_request_does_the_same_for_everybody(client: Client, mailoutbox: list[EmailMessage]) -> None:
    known = UserFactory.create().email
    asked = []
    for email in (known, "eve@glow.example"):
        with CaptureQueriesContext(connection) as queries, TestCase.captureOnCommitCallbacks(execute=True):
            client.post(reverse("password-reset"), {"email": email})
        asked.append(len(queries))
    assert asked[0] == asked[1]  # so the time an answer takes says nothing
    assert mailoutbox == []
    work()
    assert [mail.to for mail in mailoutbox] == [[known]]


def test_without_redis_the_link_is_sent_at_once(
    client: Client, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Queue("express", connection=Redis(host="127.0.0.1", port=1))
    monkeypatch.setattr("django_rq.get_queue", lambda name: away)
    client.post(reverse("password-reset"), {"email": UserFactory.create().email})
    assert len(mailoutbox) == 1


def test_an_inactive_account_gets_no_mail(client: Client, mailoutbox: list[EmailMessage]) -> None:
    ask(client, UserFactory.create(is_active=False).email)
    assert mailoutbox == []


def test_the_link_never_follows_a_forged_host(
    client: Client,
    mailoutbox: list[EmailMessage],
    settings: Settings,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    user = UserFactory.create()
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(reverse("password-reset"), {"email": user.email}, headers={"host": "evil.example"})
    work()
    assert "evil.example" not in mailoutbox[0].body
    assert settings.BASE_URL in mailoutbox[0].body


def test_a_weak_password_is_refused_with_a_reason(client: Client, mailoutbox: list[EmailMessage]) -> None:
    user = UserFactory.create()
    ask(client, user.email)
    form = client.get(link_in(mailoutbox[0].body), follow=True).redirect_chain[-1][0]
    answer = client.post(form, {"new_password1": "short", "new_password2": "short"})
    user.refresh_from_db()
    assert "too short" in answer.content.decode()
    assert user.check_password(PASSWORD)


def test_changing_it_needs_the_old_one(client: Client) -> None:
    user = UserFactory.create()
    client.force_login(user)
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    assert client.post(reverse("password-change"), form).status_code == 200
    client.post(reverse("password-change"), form | {"old_password": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_changing_it_ends_other_sessions(client: Client) -> None:
    user = UserFactory.create()
    elsewhere = Client()
    elsewhere.force_login(user)
    client.force_login(user)
    client.post(
        reverse("password-change"), {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )
    assert client.get(reverse("me")).status_code == 200
    assert elsewhere.get(reverse("me")).status_code == 302
