"""Whole pages, fragments and live answers."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from batchadmin.lib.htmx import render_live, render_page

ASK = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _pages(settings: Settings, tmp_path: Any) -> None:
    """A page with its two parts."""
    (tmp_path / "x.html").write_text("whole {{ word }}")
    (tmp_path / "x_list.html").write_text("list {{ word }}")
    (tmp_path / "x_live.html").write_text("live {{ word }} {{ oob }}")
    settings.TEMPLATES = [
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [tmp_path], "OPTIONS": {}}
    ]


def page(**headers: str) -> HttpResponse:
    return render_page(RequestFactory().get("/", headers=headers), "x.html", {"word": "here"})


def live(version: str, known: str, *, ended: bool = False) -> HttpResponse:
    headers = {**ASK, "HX-Target": "live", "HX-Live-Version": known}
    request = RequestFactory().get("/", headers=headers)
    return render_live(request, "x.html", {"word": "here"}, version=version, ended=ended)


def test_a_browser_gets_the_whole_page() -> None:
    assert page().content == b"whole here"


@pytest.mark.parametrize(("target", "part"), [("list", b"list here"), ("live", b"live here True")])
def test_htmx_gets_the_part_it_asks_for(target: str, part: bytes) -> None:
    assert page(**ASK, **{"HX-Target": target}).content == part


def test_another_target_gets_the_whole_page() -> None:
    assert page(**ASK, **{"HX-Target": "../../etc/passwd"}).content == b"whole here"


def test_the_back_button_gets_the_whole_page() -> None:
    headers = {**ASK, "HX-Target": "list", "HX-History-Restore-Request": "true"}
    assert page(**headers).content == b"whole here"


def test_caches_keep_pages_and_parts_apart() -> None:
    assert "HX-Target" in page()["Vary"]


def test_an_unchanged_live_page_is_an_empty_answer() -> None:
    answer = live("7", known="7")
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_changed_live_page_comes_with_its_version() -> None:
    answer = live("8", known="7")
    assert answer.content == b"live here True"
    assert answer["HX-Live-Version"] == "8"


def test_an_ended_page_comes_a_last_time_and_says_so() -> None:
    answer = live("7", known="7", ended=True)
    assert answer.content == b"live here True"
    assert answer["HX-Live"] == "ended"
