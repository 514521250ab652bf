"""Home, and one's own settings."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import NotifyWhen
from tests.accounts.conftest import LogIn
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_home_leads_to_the_program_used_last(viewer: Membership, as_user: LogIn) -> None:
    MembershipFactory.create(user=viewer.user)
    viewer.last_used_at = timezone.now()
    viewer.save()
    answer = as_user(viewer.user).get("/")
    assert answer.url == "/p/glow/"  # type: ignore[attr-defined]


def test_home_without_a_program_says_what_to_do(client: Client) -> None:
    user = UserFactory.create()
    client.force_login(user)
    answer = client.get("/")
    assert "You are not in a program yet" in answer.content.decode()
    assert user.email in answer.content.decode()


@pytest.mark.parametrize("name", ["home", "me", "password-change"])
def test_own_pages_need_a_log_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.url.startswith("/log-in/")  # type: ignore[attr-defined]


def test_one_changes_one_s_name_and_notices(client: Client) -> None:
    user = UserFactory.create()
    client.force_login(user)
    client.post(reverse("me"), {"full_name": "Ana F.", "notify_when": "only_failures"})
    user.refresh_from_db()
    assert (user.full_name, user.notify_when) == ("Ana F.", NotifyWhen.ONLY_FAILURES)


def test_an_unknown_choice_is_refused_and_nothing_changes(client: Client) -> None:
    user = UserFactory.create(full_name="Ana")
    client.force_login(user)
    answer = client.post(reverse("me"), {"full_name": "X", "notify_when": "hourly"})
    user.refresh_from_db()
    assert answer.status_code == 422
    assert user.full_name == "Ana"


def test_nobody_makes_themselves_staff(client: Client) -> None:
    user = UserFactory.create()
    client.force_login(user)
    client.post(
        reverse("me"), {"full_name": "X", "notify_when": "never", "is_staff": "on", "email": "x@y.example"}
    )
    email = user.email
    user.refresh_from_db()
    assert not user.is_staff
    assert user.email == email


def test_a_page_that_isn_t_there_says_so_plainly(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
