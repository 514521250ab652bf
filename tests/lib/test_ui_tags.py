"""What templates may ask for."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.template import Context, Template
from django.utils import timezone

from batchadmin.lib.moments import exact_time, planned_time, relative_time
from batchadmin.lib.navigation import navigation_links
from batchadmin.lib.templatetags.ui import amount, duration, percent, share, total_of


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (9_999, 10_000, "99.9%"),
        (10_000, 10_000, "100%"),
        (0, 10_000, "0%"),
        (1, 10_000, "<0.1%"),
        (3_902, 10_000, "39.0%"),
        (99_999, 100_000, "99.9%"),
        (1, 2, "50%"),
        (None, 10, "–"),
        (0, 0, "–"),
    ],
)
def test_shares_are_rounded_down_and_exact_only_when_they_are(
    part: int | None, whole: int, shown: str
) -> None:
    assert share(part, whole) == shown


def test_per_cent_is_never_rounded_up_to_a_hundred() -> None:
    assert percent(9_999, 10_000) == "99%"
    assert percent(0, None) == "–"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (70, "1 min 10 s"),
        (3_600, "1 h"),
        (7_500, "2 h 5 min"),
        (86_400, "1 day"),
        (259_200, "3 days"),
        (None, "–"),
        (-3, "0 s"),
    ],
)
def test_lengths_of_time_are_short_words(seconds: int | None, shown: str) -> None:
    assert duration(seconds) == shown


def test_numbers_have_separators_and_unknown_ones_a_dash() -> None:
    assert amount(9_312) == "9,312"
    assert amount(None) == "–"


def test_a_sum_is_of_dictionaries_or_objects() -> None:
    assert total_of([{"count": 1}, {"count": 2}], "count") == 3


def test_times_are_said_relative_with_the_exact_one_on_hover() -> None:
    moment = timezone.now() - timedelta(minutes=3)
    with timezone.override("Europe/Berlin"):
        html = Template("{% load ui %}{% when moment %}").render(Context({"moment": moment}))
        local = timezone.localtime(moment)
    assert "3\xa0minutes ago" in html
    assert f"{local:%H:%M:%S}" in html
    assert local.tzname() in html  # type: ignore[operator]


def test_a_time_that_isn_t_there_is_a_dash() -> None:
    assert Template("{% load ui %}{% when moment %}").render(Context({"moment": None})) == "–"


def test_an_address_that_doesn_t_exist_is_empty() -> None:
    assert Template("{% load ui %}{% maybe_url 'no-such-page' %}").render(Context()) == ""


def test_the_navigation_marks_the_page_and_the_pages_under_it() -> None:
    for path in ("/p/glow/settings/members/", "/p/glow/settings/members/3/remove/"):
        pages = [page for group in navigation_links("glow", path) for page in group.links or [group]]
        assert [str(page.label) for page in pages if page.is_current] == ["Members"]


def test_the_navigation_shows_only_pages_that_exist() -> None:
    pages = [page for group in navigation_links("glow", "/") for page in group.links or [group]]
    assert all(page.url.startswith("/p/glow/") for page in pages)


def test_a_time_is_told_in_the_words_of_the_framework_whatever_was_told_before() -> None:
    steps = [timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days", "weeks")]
    further = [timedelta(days=31), timedelta(days=366), -timedelta(hours=30)]
    for step in [*steps, *further]:
        for number in (1, 2, 1):
            moment = timezone.now() - step * number - timedelta(milliseconds=10)
            assert f">{naturaltime(moment)}</time>" in relative_time(moment)


def test_the_exact_time_stands_on_hover() -> None:
    with timezone.override("Europe/Berlin"):
        told = exact_time(datetime(2026, 5, 3, 12, 1, 9, tzinfo=UTC))
    assert 'title="3 May 2026, 14:01:09 CEST"' in told
    assert ">3 May 2026, 14:01:09</time>" in told


def test_a_time_that_somebody_has_set_is_told_as_they_set_it() -> None:
    with timezone.override("Europe/Berlin"):
        assert ">3 May 2026, 14:00</time>" in planned_time(datetime(2026, 5, 3, 12, 0, tzinfo=UTC))
        assert ">3 May 2026, 14:00:30</time>" in planned_time(datetime(2026, 5, 3, 12, 0, 30, tzinfo=UTC))
