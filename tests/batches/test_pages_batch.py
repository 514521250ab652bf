"""The page of one batch: its sentence, numbers, reasons, items, timeline, buttons, and what changes while one looks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchEvent, BatchItem, BatchRequest
from batches.presentation.reasons import grouped
from batches.states import BatchStatus
from tests.batches.factories import make_membership_batch, worker_living
from tests.batches.kinds import Letters, Mailing
from tests.factories import MembershipFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds", "redis_db")]

LIVE = {"HX-Request": "true", "HX-Target": "live"}
Make = Callable[..., BatchRequest]


@pytest.fixture
def member(client: Client) -> Membership:
    """A manager who is logged in."""
    membership = MembershipFactory.create(user=UserFactory.create(full_name="Ana Lopez"))
    client.force_login(membership.user)
    return membership


@pytest.fixture
def make(member: Membership) -> Make:
    return lambda **more: make_membership_batch(member, **more)


@pytest.fixture
def alive(db: None) -> None:
    """A worker is alive."""
    worker_living()


def address(batch: BatchRequest, name: str = "batch") -> str:
    return reverse(name, args=[batch.program.slug, batch.pk])


def text_of(client: Client, batch: BatchRequest, **query: str) -> str:
    response = client.get(address(batch), query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def words_of(html: str) -> str:
    """What a reader sees, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def ask_live(client: Client, batch: BatchRequest, version: str = "", **query: str) -> Any:
    return client.get(address(batch), query, headers={**LIVE, "HX-Live-Version": version})


def test_the_bars_of_all_reasons_can_be_compared(make: Make) -> None:
    assert [group.bar for group in grouped(make(failed=3, not_sent=300))] == [1, 100]


# --- sentence and status ------------------------------------------------------------------------------------------------


def test_a_completed_batch_says_how_many_and_how_long(client: Client, make: Make) -> None:
    begun = timezone.now() - timedelta(seconds=11)
    batch = make(succeeded=2_951, skipped=49, started_at=begun, finished_at=begun + timedelta(seconds=11))
    assert "2,951 of 3,000 are done, in 11 s. 49 were skipped." in text_of(client, batch)


def test_a_single_item_is_spoken_of_in_the_singular(client: Client, make: Make) -> None:
    assert "1 of 2 is done" in text_of(client, make(succeeded=1, skipped=1))


def test_a_failed_batch_shows_the_share_that_was_processed(client: Client, make: Make) -> None:
    html = text_of(client, make(succeeded=980, failed=5, skipped=15))
    assert "Failed · 99.4% processed" in html
    assert "tint-orange" in html


def test_a_share_is_never_rounded_to_all_or_nothing(client: Client, make: Make) -> None:
    assert "99.9% processed" in text_of(client, make(succeeded=1_999, failed=1))
    assert "&lt;0.1% processed" in text_of(client, make(succeeded=1, failed=1_999))


def test_a_running_batch_shows_per_cent_and_rate(client: Client, make: Make, alive: None) -> None:
    batch = make(succeeded=400, pending=600, started_at=timezone.now() - timedelta(seconds=40))
    html = text_of(client, batch)
    assert "Processing 40%" in html
    assert "400 of 1,000 are done. 600 wait. About" in html
    assert re.search(r"\b(7|8|9|10)(\.\d)?/s", words_of(html))  # it may be seconds until the page is drawn


def test_time_left_is_left_out_while_nothing_moves(client: Client, make: Make, alive: None) -> None:
    quiet = timezone.now() - timedelta(seconds=20)
    html = text_of(client, make(succeeded=40, pending=60, started_at=quiet, progress_at=quiet))
    assert re.search(r"no progress for \d+ s", html)
    assert "About" not in words_of(html)


def test_what_went_out_after_the_click_is_said(client: Client, make: Make, member: Membership) -> None:
    batch = make(
        kind=Mailing, succeeded=4_212, not_sent=88, status=BatchStatus.STOPPED, stopped_by=member.user,
        stop_requested_at=timezone.now(), after_stop=2,
    )  # fmt: skip
    html = text_of(client, batch)
    assert re.search("Ana Lopez stopped it (at|on)", html)  # on: midnight came in between
    assert "4,212 went out, 2 of them after the click." in html


def test_bounces_after_the_end_are_said(client: Client, make: Make) -> None:
    batch = make(kind=Mailing, succeeded=88, failed=12, failed_since_end=12, status=BatchStatus.COMPLETED)
    assert "Completed · 12 bounced since" in text_of(client, batch)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (BatchStatus.QUEUED, "3 of 3 wait for their turn."),
        (BatchStatus.STOPPING, "0 are being handed over; nothing new begins."),
        (BatchStatus.WAITING_FOR_RETRY, "Something broke; what is left is tried again"),
    ],
)
def test_each_status_has_its_sentence(client: Client, make: Make, status: BatchStatus, words: str) -> None:
    assert words in text_of(client, make(pending=3, status=status, retries=2))


def test_an_overdue_batch_asks(client: Client, make: Make) -> None:
    due = timezone.now() - timedelta(days=2)
    html = text_of(client, make(kind=Mailing, pending=3, status=BatchStatus.OVERDUE, scheduled_for=due))
    assert "It was due on" in html
    assert "Send now" in html
    assert "Drop" in html


# --- why it stands still ------------------------------------------------------------------------------------------------


def test_stalled_because_no_worker_is_running(client: Client, make: Make) -> None:
    quiet = timezone.now() - timedelta(seconds=15)
    assert "No worker is running" in text_of(client, make(pending=5, started_at=quiet, progress_at=quiet))


def test_stalled_because_nothing_has_moved_for_a_minute(client: Client, make: Make, alive: None) -> None:
    quiet = timezone.now() - timedelta(minutes=3)
    assert "No progress for 3 min" in text_of(client, make(pending=5, started_at=quiet, progress_at=quiet))


def test_a_paused_channel_is_named_with_the_next_try(client: Client, make: Make, alive: None) -> None:
    later = timezone.now() + timedelta(minutes=3)
    html = text_of(client, make(kind=Mailing, pending=5, wake_at=later, wait_reason="channel_paused"))
    assert "Channel paused" in html
    assert "Next try at" in html


# --- counts -------------------------------------------------------------------------------------------------------------


def test_the_counts_are_links_to_their_items_and_add_up(client: Client, make: Make) -> None:
    batch = make(succeeded=2, failed=1, skipped=1, pending=3, in_flight=1)
    html = text_of(client, batch)
    for status in ("succeeded", "failed", "skipped", "not_sent", "unknown", "waiting"):
        assert f'href="{address(batch)}?status={status}"' in html
    assert "2 + 1 + 1 + 0 + 0 + 4 = 8" in words_of(html)


def test_a_link_shows_as_many_items_as_its_number(client: Client, make: Make) -> None:
    batch = make(succeeded=2, pending=3, in_flight=1)
    html = text_of(client, batch, status="waiting")
    assert len(re.findall("Person [0-9]+", html)) == 4


# --- items, reasons, timeline -------------------------------------------------------------------------------------------


def test_items_are_shown_by_name_with_reason_and_next_step(client: Client, make: Make) -> None:
    html = text_of(client, make(succeeded=1, failed=1))
    assert "Person 2" in html
    assert "This one broke while it was processed" in html
    assert "Copy it for support" in html


def test_an_item_without_a_name_is_shown_by_its_number(client: Client, make: Make) -> None:
    assert "<bdi>1</bdi>" in text_of(client, make(kind=Mailing, succeeded=1))


def test_an_unknown_status_in_the_address_says_so(client: Client, make: Make) -> None:
    assert "There is no such status or reason" in text_of(client, make(), status="sideways")


def test_reasons_are_grouped_and_lead_to_their_items(client: Client, make: Make) -> None:
    batch = make(failed=3, skipped=2, reasons={"failed": ["broken"], "skipped": ["not_wanted"]})
    html = text_of(client, batch, tab="why")
    assert f"{address(batch)}?status=failed&amp;reason=broken" in html
    assert "3 Failed This one broke while it was processed" in words_of(html).replace("  ", " ")
    listed = text_of(client, batch, status="skipped", reason="not_wanted")
    assert len(re.findall("Person [0-9]+", listed)) == 2


def test_without_a_reason_there_is_nothing_to_explain(client: Client, make: Make) -> None:
    assert "there is nothing to explain" in text_of(client, make(), tab="why")


@pytest.mark.parametrize(
    ("what", "detail", "words"),
    [
        ("requested", "", "ana@glow.example requested it"),
        ("stop_requested", "", "ana@glow.example pressed Stop"),
        (
            "taken_over",
            "13/1",
            "It had 13 items in hand. 1 of them may or may not have gone out, and is unknown.",
        ),
        ("taken_over", "13/0", "All of them are accounted for."),
        ("broke", "ValueError: no", "ValueError: no"),
        ("resumed", "", "ana@glow.example had it go on"),
        ("decided", "succeeded 9", "ana@glow.example marked 9 unknown as delivered"),
        ("decided", "failed 1", "ana@glow.example marked 1 unknown as failed"),
        ("something else", "", "something else"),
    ],
)
def test_the_timeline_is_in_plain_words(
    client: Client, make: Make, what: str, detail: str, words: str
) -> None:
    batch = make()
    BatchEvent.objects.create(batch=batch, what=what, who="ana@glow.example", detail=detail)
    assert words in words_of(text_of(client, batch, tab="timeline"))


def test_a_kind_with_a_page_of_its_own_is_led_there(client: Client, make: Make) -> None:
    batch = make(kind=Letters)
    response = client.get(address(batch))
    assert (response.status_code, response["Location"]) == (302, f"/letters/{batch.pk}")


def test_an_id_that_no_database_can_hold_is_not_found(client: Client, member: Membership) -> None:
    assert client.get(reverse("batch", args=[member.program.slug, 10**30])).status_code == 404


# --- while one looks ----------------------------------------------------------------------------------------------------


def test_the_poller_gets_pieces_by_id(client: Client, make: Make, alive: None) -> None:
    batch = make(succeeded=43, pending=57)
    html = ask_live(client, batch, shown="1-2-44").content.decode()
    for piece in (
        "page-header",
        "batch-progress",
        "counts",
        "batch-facts",
        "item-1-status",
        "item-44-reason",
    ):
        assert re.search(f'id="{piece}"[^>]* hx-swap-oob="true"', html), piece
    assert "<title>43% Confirmed, Spring" in html
    assert "<table" not in html


def test_the_poller_gets_nothing_while_nothing_has_changed(client: Client, make: Make, alive: None) -> None:
    batch = make(succeeded=43, pending=57)
    first = ask_live(client, batch)
    assert ask_live(client, batch, first["HX-Live-Version"]).status_code == 204


def test_the_poller_is_told_when_all_is_over(client: Client, make: Make) -> None:
    response = ask_live(client, make())
    assert response["HX-Live"] == "ended"
    assert "Completed" in response.content.decode()


def test_an_ended_batch_is_not_asked_about(client: Client, make: Make) -> None:
    assert 'id="live"' not in text_of(client, make())


def test_the_poller_gets_no_items_of_another_batch(client: Client, make: Make) -> None:
    other = make(succeeded=5)
    batch = make(pending=1)
    BatchItem.objects.filter(batch=other, key=5).update(reason="broken")
    assert "item-5-" not in ask_live(client, batch, shown="5").content.decode()


@pytest.mark.parametrize("tab", ["why", "timeline"])
def test_the_open_tab_is_swapped_as_well(client: Client, make: Make, alive: None, tab: str) -> None:
    html = ask_live(client, make(pending=1, failed=1), tab=tab).content.decode()
    assert re.search(f'id="{tab}"[^>]* hx-swap-oob="true"', html)
