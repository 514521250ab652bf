"""The program's own mail on a page, where no server takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.views import mail as mail_views
from batchadmin.lib.env import FILE_BACKEND
from tests.factories import UserFactory

PAGE = reverse("kept-mail")


@pytest.fixture
def kept(settings: Any, tmp_path: Path) -> Path:
    """The folder where mail is kept, as without EMAIL_URL."""
    settings.EMAIL_BACKEND = FILE_BACKEND
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.fixture
def superuser(client: Client, db: None) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def write(folder: Path, name: str, subject: str) -> None:
    """An e-mail in a file of this name."""
    send_mail(subject, "Hello", "a@example.com", ["b@example.com"])
    newest = max(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    newest.rename(folder / name)


def test_what_would_have_been_sent_stands_there_with_links_that_work(kept: Path, superuser: Client) -> None:
    text = "Join us:\nhttp://127.0.0.1:8000/join/abc/\nBea <script>"
    send_mail("Join Glöw", text, "a@example.com", ["bea@example.com"])
    page = superuser.get(PAGE).text
    assert "Join Glöw" in page
    assert "to bea@example.com" in page
    assert '<a href="http://127.0.0.1:8000/join/abc/" rel="nofollow">' in page
    assert "Bea &lt;script&gt;" in page


def test_the_text_is_shown_of_an_e_mail_that_has_html_as_well(kept: Path, superuser: Client) -> None:
    mail = EmailMultiAlternatives("Both", "As text", "a@example.com", ["b@example.com"])
    mail.attach_alternative("<p>As HTML</p>", "text/html")
    mail.send()
    page = superuser.get(PAGE).text
    assert "As text" in page
    assert "As HTML" not in page


def test_the_newest_come_first_and_older_ones_are_a_click_away(
    kept: Path, superuser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_views, "AT_ONCE", 2)
    for day, subject in (("01", "First"), ("02", "Second"), ("03", "Third")):
        write(kept, f"202605{day}-120000-1.log", subject)
    page = superuser.get(PAGE).text
    assert page.index("Third") < page.index("Second")
    assert "First" not in page
    assert "First" in superuser.get(PAGE, {"page": "2"}).text


def test_e_mails_of_one_connection_are_shown_apart(kept: Path, superuser: Client) -> None:
    write(kept, "20260501-120000-1.log", "First")
    write(kept, "20260501-120000-2.log", "Second")
    both = kept / "20260501-120000-1.log"
    both.write_bytes(both.read_bytes() + (kept / "20260501-120000-2.log").read_bytes())
    (kept / "20260501-120000-2.log").unlink()
    page = superuser.get(PAGE).text
    assert page.count("<details>") == 2
    assert page.index("Second") < page.index("First")


def test_nothing_kept_yet_is_said(kept: Path, superuser: Client) -> None:
    assert "No e-mail yet" in superuser.get(PAGE).text


def test_where_a_server_takes_mail_nothing_is_shown_of_what_was_kept_before(
    kept: Path, superuser: Client, settings: Any
) -> None:
    write(kept, "20260501-120000-1.log", "Join us")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    page = superuser.get(PAGE).text
    assert "A mail server is set" in page
    assert "Join us" not in page


def test_staff_who_are_no_superusers_may_not_read_links_that_open_accounts(
    kept: Path, client: Client, db: None
) -> None:
    client.force_login(UserFactory.create(is_staff=True))
    assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get(reverse("me")).text


def test_superusers_find_it_in_their_menu(kept: Path, superuser: Client) -> None:
    assert PAGE in superuser.get(reverse("me")).text
