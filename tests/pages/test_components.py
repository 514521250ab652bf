"""What each component shows of what it is given."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django_tables2 import Column

from batchadmin.lib.tables import PageTable, table_configure
from batches.presentation import StatusWord

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def show(component: str, request: HttpRequest | None = None, **context: Any) -> str:
    html = render_to_string(f"components/{component}.html", context, request)
    return " ".join(html.split())


def status(label: str = "Failed") -> StatusWord:
    return StatusWord(label, "circle-x", "red")


def tallies(*counts: int) -> list[dict[str, Any]]:
    return [{"label": f"L{count}", "count": count, "url": f"?t={count}", "colour": "red"} for count in counts]


def test_a_status_is_an_icon_and_a_word() -> None:
    html = show("status_badge", status=status(), note="99.4% processed")
    assert "icons.svg#circle-x" in html
    assert "Failed · 99.4% processed" in html


def test_progress_has_a_number_a_rate_and_the_time_left() -> None:
    html = show("progress", name="Spring box", done=4_210, total=10_000, rate=80, left=70)
    assert '<progress class="progress" max="10000" value="4210" aria-label="Spring box">' in html
    assert "42%" in html
    assert "4,210 of 10,000, 80/s, 1 min 10 s left" in html


def test_progress_without_a_rate_promises_nothing() -> None:
    assert "left" not in show("progress", name="x", done=0, total=10)


def test_a_note_takes_the_place_of_the_time_left() -> None:
    html = show("progress", name="x", done=1, total=10, rate=3, note="no progress for 12 s")
    assert "1 of 10, no progress for 12 s" in html


def test_tallies_are_links_and_add_up_in_sight() -> None:
    html = show("tallies", tallies=tallies(4_210, 12), total=4_222, name="Recipients")
    assert 'href="?t=12"' in html
    assert "4,210 + 12 = 4,222" in html
    assert "fault" not in html


def test_a_sum_that_is_off_shows_as_a_fault() -> None:
    html = show("tallies", tallies=tallies(4_210, 12), total=5_000, name="Recipients")
    assert "but there are 5,000" in html
    assert "fault" in html


@pytest.mark.parametrize(
    ("component", "context"),
    [
        ("progress", {"name": "x", "done": 1, "total": 2, "id": "p"}),
        ("tallies", {"tallies": [], "total": 0, "name": "x", "id": "t"}),
        ("status_badge", {"status": status(), "id": "s"}),
        ("page_header", {"title": "x"}),
        ("timeline", {"events": [], "id": "e"}),
        ("chat_bubble", {"body": "x", "author": "y", "at": NOON, "id": "c"}),
    ],
)
def test_a_live_piece_replaces_itself_by_its_id(component: str, context: dict[str, Any]) -> None:
    assert 'hx-swap-oob="true"' in show(component, oob=True, **context)
    assert "hx-swap-oob" not in show(component, oob=False, **context)


def test_an_empty_state_says_what_to_do_first() -> None:
    html = show(
        "empty_state", icon="send", title="Nothing sent yet", action_url="/new/", action_label="New message"
    )
    assert "Nothing sent yet" in html
    assert '<a class="btn btn-primary" href="/new/">New message</a>' in html


def test_a_question_has_a_verb_and_a_number_on_its_button() -> None:
    html = show(
        "confirm",
        RequestFactory().get("/stop/"),
        title="Stop?",
        consequence="4,210 of 10,000 have gone out and can't be recalled.",
        confirm_label="Stop now",
        cancel_url="/log/",
        cancel_label="Keep sending",
        hidden={"key": "k1"},
        danger=True,
    )
    assert 'action="/stop/"' in html
    assert '<button class="btn btn-danger" type="submit">Stop now</button>' in html
    assert '<input type="hidden" name="key" value="k1">' in html
    assert "Keep sending" in html


def test_a_chat_bubble_shows_text_as_text() -> None:
    html = show("chat_bubble", body="<b>Hi</b>\nBea", author="Bo", at=NOON, mine=True)
    assert "&lt;b&gt;Hi&lt;/b&gt;<br>Bea" in html


def test_a_timeline_is_a_list_in_order() -> None:
    html = show("timeline", events=[{"title": "Requested", "at": NOON}, {"title": "Started", "at": NOON}])
    assert html.index("Requested") < html.index("Started")
    assert 'datetime="2026-05-03T12:00:00+00:00"' in html


def test_code_can_be_copied() -> None:
    html = show("code_block", text="bat_x", id="token")
    assert '<pre id="token" tabindex="0">bat_x</pre>' in html
    assert 'data-copy="token"' in html


class Sample(forms.Form):
    email = forms.EmailField(help_text="Yours.")
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agreed = forms.BooleanField()


def test_a_form_s_errors_stand_on_top_and_lead_to_the_field() -> None:
    html = show("form_errors", form=Sample({"email": "x"}))
    assert 'role="alert"' in html
    assert '<a class="alert-link" href="#id_email">Email</a>' in html


def test_a_field_is_tied_to_its_hint_and_error() -> None:
    html = show("field", field=Sample({"email": "x"})["email"])
    assert 'aria-invalid="true"' in html
    assert 'id="id_email_helptext"' in html
    assert 'id="id_email_error"' in html
    assert "is-invalid" in html
    described = html.split('aria-describedby="')[1].split('"')[0].split()
    assert set(described) == {"id_email_helptext", "id_email_error"}


def test_every_kind_of_field_has_a_label_and_tabler_s_looks() -> None:
    html = show("form_fields", form=Sample())
    assert html.count("form-check-input") == 3
    assert "<legend" in html
    assert 'for="id_email"' in html


class People(PageTable):
    caption = "People"
    name = Column("Name")
    size = Column("Size", orderable=False)


def table(address: str = "/", rows: int = 120) -> str:
    request = RequestFactory().get(address)
    data = [{"name": f"P{number:03}", "size": number} for number in range(rows)]
    return show("table", request, table=table_configure(request, People(data)))


def test_a_table_speaks_to_those_who_hear_it() -> None:
    html = table("/?sort=-name")
    assert '<caption class="visually-hidden">People</caption>' in html
    assert 'aria-sort="descending"' in html
    assert html.count('scope="col"') == 2
    assert "table-mobile-md" in html
    assert 'data-label="Name"' in html


def test_sorting_keeps_the_filter_and_begins_at_page_one() -> None:
    html = table("/?q=zoe&page=2")
    assert 'href="?q=zoe&amp;sort=name"' in html


def test_the_arrows_keep_the_filter() -> None:
    html = table("/?q=zoe&page=2")
    assert 'href="?q=zoe&amp;page=1"' in html
    assert 'href="?q=zoe&amp;page=3"' in html
    assert "51–100" in html


def test_on_the_only_page_there_is_nowhere_to_go() -> None:
    html = table(rows=3)
    assert html.count('aria-disabled="true"') == 2


def test_an_empty_table_says_so() -> None:
    assert "Nothing here." in table(rows=0)
