"""Where one is logged in: listed, and ended one by one or all others at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from batchadmin.accounts.models import Tries, User, UserSession
from batchadmin.accounts.services import sessions_forget
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"


@pytest.fixture
def ana(db: None) -> User:
    return UserFactory.create(email="ana@glow.example")


def log_in(agent: str = FIREFOX, **more: Any) -> Client:
    client = Client(headers={"User-Agent": agent}, **more)
    client.post(reverse("log-in"), {"username": "ana@glow.example", "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("me")).status_code == 200


def test_they_are_listed_with_browser_address_and_time(ana: User) -> None:
    here, _there = log_in(), log_in(IPHONE, REMOTE_ADDR="192.0.2.7")
    page = here.get(reverse("me")).content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert "192.0.2.7" in page
    assert page.count("(this one)") == 1
    assert "140.0" not in page  # no more is kept than tells one from another


def test_one_is_ended_and_the_others_go_on(ana: User) -> None:
    here, there = log_in(), log_in(IPHONE)
    phone = UserSession.objects.get(device="Safari on iPhone")
    here.post(reverse("session-close", args=[phone.pk]))
    assert is_in(here)
    assert not is_in(there)
    assert UserSession.objects.get().device == "Firefox on Linux"


def test_a_late_answer_about_an_ended_session_leaves_the_cookie_of_a_newer_one_alone(ana: User) -> None:
    page = log_in()
    Session.objects.all().delete()
    late = page.get(reverse("me"))
    assert late.status_code == 302
    assert "sessionid" not in late.cookies


def test_logging_out_takes_the_cookie_away(ana: User) -> None:
    page = log_in()
    assert page.post(reverse("log-out")).cookies["sessionid"].value == ""


def test_all_others_are_ended_at_once(ana: User) -> None:
    here, *others = log_in(), log_in(IPHONE), log_in()
    here.post(reverse("sessions-close"))
    assert is_in(here)
    assert not any(is_in(other) for other in others)


def test_nobody_ends_the_session_of_another(ana: User) -> None:
    theirs = log_in()
    stranger = Client()
    stranger.force_login(UserFactory.create())
    answer = stranger.post(reverse("session-close", args=[UserSession.objects.get(user=ana).pk]))
    assert answer.status_code == 404
    assert is_in(theirs)


def test_logging_out_takes_it_from_the_list(ana: User) -> None:
    log_in().post(reverse("log-out"))
    assert not UserSession.objects.exists()


def test_a_new_password_ends_all_others(ana: User) -> None:
    here, other = log_in(), log_in(IPHONE)
    new = {
        "old_password": PASSWORD,
        "new_password1": "a much better horse",
        "new_password2": "a much better horse",
    }
    here.post(reverse("password-change"), new)
    assert is_in(here)
    assert not is_in(other)
    assert UserSession.objects.get().session_key == here.session.session_key


def test_last_seen_is_noted_every_five_minutes_only(ana: User, django_assert_num_queries: Any) -> None:
    here = log_in()
    first = UserSession.objects.get().seen_at
    here.get(reverse("me"))
    assert UserSession.objects.get().seen_at == first
    session = here.session
    session["seen"] -= 301
    session.save()
    here.get(reverse("me"))
    assert UserSession.objects.get().seen_at > first


def test_behind_a_proxy_of_ours_the_address_is_what_that_proxy_saw(ana: User, settings: Settings) -> None:
    log_in(HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert UserSession.objects.get().address == "127.0.0.1"  # without one, anybody could write that header
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    log_in(HTTP_X_FORWARDED_FOR="10.9.9.9, 203.0.113.9")
    assert UserSession.objects.latest("pk").address == "203.0.113.9"


def test_what_has_run_out_is_forgotten(ana: User) -> None:
    log_in()
    UserSession.objects.update(seen_at=timezone.now() - timedelta(days=15))
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    assert sessions_forget() == 1
    assert not Session.objects.exists()


@pytest.fixture(params=["with Redis", "without Redis"])
def redis_or_none(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if request.param == "without Redis":
        away = {name: {**queue, "URL": "redis://127.0.0.1:1"} for name, queue in settings.RQ_QUEUES.items()}
        settings.RQ_QUEUES = away
        monkeypatch.setattr("django_rq.settings.QUEUES", away)
        monkeypatch.setattr("django_rq.get_connection", lambda name: Redis.from_url(away[name]["URL"]))


def test_ten_failures_shut_an_account_whether_redis_is_there_or_not(redis_or_none: None, ana: User) -> None:
    answers = [
        Client().post(reverse("log-in"), {"username": ana.email, "password": "wrong"}).status_code
        for _one in range(10)
    ]
    assert answers == [200] * 9 + [429]
    right = {"username": ana.email, "password": PASSWORD}
    assert Client().post(reverse("log-in"), right).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.1").post(reverse("log-in"), right).status_code == 302


def test_who_tries_too_often_waits(ana: User, settings: Settings, redis_or_none: None) -> None:
    settings.LOG_IN_TRIES_PER_MINUTE = 3
    page = reverse("log-in")

    def tries(**more: Any) -> list[int]:  # nine, as a minute may end in between
        told = {"username": "x@glow.example", "password": "wrong"}
        return [Client(**more).post(page, told).status_code for _one in range(9)]

    assert 429 in tries()
    Tries.objects.all().delete()
    wherever = [
        Client(REMOTE_ADDR=f"192.0.2.{one}").post(page, {"username": ana.email, "password": "x"}).status_code
        for one in range(9)
    ]
    assert 429 in wherever
    assert Client().get(page).status_code == 200
