"""What people see when something goes wrong outside of any page of ours."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.urls("tests.lib.faulty_urls")
PAGE = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def browser() -> Client:
    """A browser, which is shown what was answered, and not the exception."""
    return Client(raise_request_exception=False, headers=PAGE)


def test_a_fault_of_ours_has_a_page_with_the_number_that_stands_in_our_log(browser: Client) -> None:
    answer = browser.get("/broken/")
    assert answer.status_code == 500
    assert "broken on our side" in answer.text
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in answer.text
    assert "secret" not in answer.text


@pytest.mark.django_db
def test_a_database_that_is_away_is_no_fault_and_says_that_it_passes(browser: Client) -> None:
    answer = browser.post("/away/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "reach our data" in answer.text
    assert "look before you send it again" in answer.text


def test_a_request_that_cant_be_read_gets_a_page(browser: Client) -> None:
    answer = browser.get("/garbled/")
    assert answer.status_code == 400
    assert "Nothing was changed." in answer.text


def test_the_address_of_a_form_opened_by_itself_gets_a_page(browser: Client) -> None:
    answer = browser.get("/log-out/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert "There is no page at this address" in answer.text
    assert browser.get("/log-out/", headers={"HX-Request": "true"}).content == b""
    assert browser.get("/log-out/", headers={"Accept": "application/json"}).content == b""


@pytest.mark.django_db
def test_a_form_with_too_much_text_says_how_much_it_may_hold(browser: Client) -> None:
    answer = browser.post("/log-in/", {"username": "x" * 3 * 1024 * 1024})
    assert answer.status_code == 413
    assert "at most 2.5 MB of text and 20,000 values" in answer.text


@pytest.mark.django_db
def test_a_form_with_too_many_values_says_how_many_it_may_hold(browser: Client) -> None:
    answer = browser.post("/log-in/", {"ids": list(range(20_001))})
    assert answer.status_code == 413
    assert "Nothing was saved." in answer.text


def test_something_too_large_gets_a_page_in_a_browser_and_a_line_elsewhere(browser: Client) -> None:
    length = {"CONTENT_LENGTH": str(300 * 1024 * 1024)}
    page = browser.generic("POST", "/log-in/", **length)  # type: ignore[arg-type]
    line = Client().generic("POST", "/log-in/", **length)  # type: ignore[arg-type]
    for answer in (page, line):
        assert answer.status_code == 413
        assert "at most 60 MB" in answer.text
    assert "<h1" in page.text
    assert line.headers["Content-Type"].startswith("text/plain")
