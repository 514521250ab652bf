"""Settings > Batch Requests: what it lists, how it filters, and what changes on it while one looks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.states import BatchStatus
from tests.batches.factories import make_membership_batch as make
from tests.batches.factories import worker_living
from tests.batches.kinds import Letters, Mailing
from tests.factories import MembershipFactory

# Counts are set as a running batch would have them, without its items.
pytestmark = [pytest.mark.django_db, pytest.mark.wrong_books, pytest.mark.usefixtures("kinds")]

LIVE = {"HX-Request": "true", "HX-Target": "live"}


@pytest.fixture
def member() -> Membership:
    return MembershipFactory.create()


@pytest.fixture
def page(client: Client, member: Membership) -> str:
    client.force_login(member.user)
    return reverse("batches", args=[member.program.slug])


def text_of(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def live_address(html: str) -> str:
    found = re.search('data-live-url="([^"]+)"', html)
    assert found
    return found[1].replace("&amp;", "&")


def test_the_columns_are_the_seven_of_the_seed(client: Client, member: Membership, page: str) -> None:
    make(member)
    heads = re.findall(r'role="columnheader"[^>]*>(?:\s*<a [^>]*>)?\s*([^<]+?)\s*</', text_of(client, page))
    assert heads == ["Name", "Type", "Size", "Status", "Requester", "Requested at", "Finished at"]


def test_a_row_says_name_and_campaign_size_status_and_requester(
    client: Client, member: Membership, page: str
) -> None:
    make(member, name="Confirmed", campaign_name="Spring", succeeded=1_234)
    html = text_of(client, page)
    assert "Confirmed, Spring" in html
    assert "1,234" in html
    assert "Completed" in html
    assert member.user.email in html


def test_the_newest_comes_first(client: Client, member: Membership, page: str) -> None:
    make(member, name="Older")
    make(member, name="Newer")
    html = text_of(client, page)
    assert html.index("Newer") < html.index("Older")


def test_unlisted_batches_are_not_there(client: Client, member: Membership, page: str) -> None:
    make(member, name="By itself", listed=False)
    assert "By itself" not in text_of(client, page)


def test_batches_of_another_program_are_not_there(client: Client, page: str) -> None:
    make(MembershipFactory.create(), name="Of others")
    assert "Of others" not in text_of(client, page)


def test_an_empty_page_says_what_will_appear(client: Client, page: str) -> None:
    assert "Actions on more than 10 people appear here." in text_of(client, page)


def test_a_filter_without_a_match_offers_to_clear_it(client: Client, member: Membership, page: str) -> None:
    make(member)
    html = text_of(client, page, q="nothing like it")
    assert "No match" in html
    assert "Clear the filter" in html


@pytest.mark.parametrize("words", ["confirmed", "SPRING", "spring conf"])
def test_search_finds_words_of_name_and_campaign(
    client: Client, member: Membership, page: str, words: str
) -> None:
    make(member, name="Confirmed", campaign_name="Spring")
    make(member, name="Somewhere else", campaign_name="")
    html = text_of(client, page, q=words)
    assert "Confirmed, Spring" in html
    assert "Somewhere else" not in html


def test_filter_by_type(client: Client, member: Membership, page: str) -> None:
    make(member, name="A move")
    make(member, name="A message", kind=Mailing)
    html = text_of(client, page, type="BatchConversations")
    assert "A message" in html
    assert "A move" not in html


def test_filter_by_status(client: Client, member: Membership, page: str) -> None:
    make(member, name="Good end")
    make(member, name="Bad end", failed=1)
    html = text_of(client, page, status="failed")
    assert "Bad end" in html
    assert "Good end" not in html


def test_filter_by_requester(client: Client, member: Membership, page: str) -> None:
    other = MembershipFactory.create(program=member.program)
    make(member, name="Mine")
    make(other, name="Theirs")
    html = text_of(client, page, requester=str(other.user.pk))
    assert "Theirs" in html
    assert "Mine" not in html


def test_somebody_of_another_program_is_no_choice(client: Client, page: str) -> None:
    stranger = MembershipFactory.create()
    make(stranger)
    html = text_of(client, page, requester=str(stranger.user.pk))
    assert stranger.user.email not in html
    assert "Select a valid choice" in html


def test_days_are_those_of_the_programs_time_zone(client: Client, member: Membership, page: str) -> None:
    member.program.time_zone = "Asia/Tokyo"
    member.program.save()
    late = datetime(2026, 3, 1, 23, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    make(member, name="Late on the first", requested_at=late)
    make(member, name="Early on the second", requested_at=late + timedelta(hours=1))
    html = text_of(client, page, since="2026-03-01", until="2026-03-01")
    assert "Late on the first" in html
    assert "Early on the second" not in html


@pytest.mark.parametrize(
    "query",
    [
        {"status": "sideways"},
        {"since": "yesterday"},
        {"requester": "somebody"},
        {"q": "\x00"},
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"page": "9" * 30},
    ],
)
def test_a_nonsensical_filter_does_no_harm(
    client: Client, member: Membership, page: str, query: dict[str, str]
) -> None:
    make(member)
    assert client.get(page, query).status_code == 200


def test_next_and_previous_lead_through_the_pages(client: Client, member: Membership, page: str) -> None:
    for number in range(26):
        make(member, name=f"Batch number {number:02}")
    first = text_of(client, page, per_page="25")
    assert "Batch number 00" not in first
    assert 'rel="next"' in first
    second = text_of(client, page, per_page="25", page="2")
    assert "Batch number 00" in second
    assert 'rel="prev"' in second


def test_htmx_gets_the_table_alone(client: Client, member: Membership, page: str) -> None:
    make(member)
    response = client.get(page, headers={"HX-Request": "true", "HX-Target": "list"})
    assert b"<html" not in response.content
    assert b"<table" in response.content


def test_a_name_is_text_and_never_markup(client: Client, member: Membership, page: str) -> None:
    make(member, name="<script>alert(1)</script>")
    assert "<script>alert" not in text_of(client, page)


def test_a_row_leads_to_the_page_that_its_kind_names(client: Client, member: Membership, page: str) -> None:
    batch = make(member, kind=Letters)
    assert f'href="/letters/{batch.pk}"' in text_of(client, page)


def test_the_poller_gets_nothing_while_nothing_has_changed(
    client: Client, member: Membership, page: str
) -> None:
    make(member, pending=5)
    address = live_address(text_of(client, page))
    first = client.get(address, headers=LIVE)
    again = client.get(address, headers={**LIVE, "HX-Live-Version": first["HX-Live-Version"]})
    assert (first.status_code, again.status_code) == (200, 204)


def test_the_poller_gets_the_cells_that_changed_and_no_rows(
    client: Client, member: Membership, page: str
) -> None:
    batch = make(member, pending=5, succeeded=5)
    address = live_address(text_of(client, page))
    batch.pending, batch.succeeded, batch.status = 0, 10, BatchStatus.COMPLETED
    batch.finished_at = timezone.now()
    batch.save()
    html = client.get(address, headers=LIVE).content.decode()
    assert f'id="status-{batch.pk}" hx-swap-oob="true"' in html
    assert f'id="finished-{batch.pk}" hx-swap-oob="true"' in html
    assert "Completed" in html
    assert "<tr" not in html


def test_new_rows_wait_behind_a_number(client: Client, member: Membership, page: str) -> None:
    make(member)
    address = live_address(text_of(client, page))
    make(member, name="First of the new")
    make(member, name="Second of the new")
    html = client.get(address, headers=LIVE).content.decode()
    assert "2 new" in html
    assert "of the new" not in html


def test_new_rows_that_the_filter_leaves_out_are_not_counted(
    client: Client, member: Membership, page: str
) -> None:
    make(member, failed=1)
    address = live_address(text_of(client, page, status="failed"))
    make(member)
    assert " new</a>" not in client.get(address, headers=LIVE).content.decode()


def test_the_poller_asks_seldom_while_nothing_runs(client: Client, member: Membership, page: str) -> None:
    batch = make(member)
    address = live_address(text_of(client, page))
    assert client.get(address, headers=LIVE)["HX-Live-Seconds"] == "10"
    batch.status, batch.succeeded, batch.pending = BatchStatus.QUEUED, 0, 3
    batch.save()
    assert client.get(address, headers=LIVE)["HX-Live-Seconds"] == "2"


def test_the_poller_shows_no_rows_of_another_program(client: Client, page: str) -> None:
    foreign = make(MembershipFactory.create(), pending=1)
    html = client.get(f"{page}?shown={foreign.pk}", headers=LIVE).content.decode()
    assert f"status-{foreign.pk}" not in html


def test_a_batch_without_a_worker_is_shown_as_stalled(client: Client, member: Membership, page: str) -> None:
    quiet = timezone.now() - timedelta(seconds=30)
    make(member, pending=5, progress_at=quiet, started_at=quiet)
    assert "Stalled" in text_of(client, page)


def test_a_batch_with_a_worker_is_not_stalled_after_half_a_minute(
    client: Client, member: Membership, page: str
) -> None:
    worker_living()
    quiet = timezone.now() - timedelta(seconds=30)
    make(member, pending=5, progress_at=quiet, started_at=quiet)
    assert "Stalled" not in text_of(client, page)


def test_the_address_of_the_poller_keeps_the_filter(client: Client, member: Membership, page: str) -> None:
    make(member)
    assert "q=spring" in urlsplit(live_address(text_of(client, page, q="spring"))).query


def test_sorted_by_size_those_of_the_same_size_keep_their_order(
    client: Client, member: Membership, page: str
) -> None:
    small, *same = [make(member, succeeded=number) for number in (1, 7, 7, 7)]
    same_keys = [batch.pk for batch in same]
    shown = re.findall(r'<tr role="row" id="row-(\d+)"', text_of(client, page, sort="-total"))
    assert [int(pk) for pk in shown] == [*reversed(same_keys), small.pk]
    shown = re.findall(r'<tr role="row" id="row-(\d+)"', text_of(client, page, sort="total"))
    assert [int(pk) for pk in shown] == [small.pk, *same_keys]
