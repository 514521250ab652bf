"""Notices in the app, the bell, and the live pill."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from batchadmin.accounts.models import Membership
from batches.models import Notice
from batches.states import BatchStatus, Lane
from tests.batches.factories import NoticeFactory
from tests.batches.factories import make_membership_batch as make
from tests.batches.kinds import Letters
from tests.factories import MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds")]


@pytest.fixture
def member(client: Client) -> Membership:
    """A manager who is logged in."""
    membership = MembershipFactory.create()
    client.force_login(membership.user)
    return membership


def notice_for(member: Membership, **more: object) -> Notice:
    return NoticeFactory.create(batch=make(member), user=member.user, **more)


def address(member: Membership, name: str, *args: object) -> str:
    return reverse(name, args=[member.program.slug, *args])


def text_of(client: Client, url: str) -> str:
    return re.sub(r"\s+", " ", client.get(url).content.decode())


def test_ones_own_notices_are_listed_the_newest_first(client: Client, member: Membership) -> None:
    notice_for(member, subject="Older")
    notice_for(member, subject="Newer")
    html = text_of(client, address(member, "notices"))
    assert html.index("Newer") < html.index("Older")


def test_the_notices_of_others_are_not_there(client: Client, member: Membership) -> None:
    notice_for(MembershipFactory.create(program=member.program), subject="For somebody else")
    assert "For somebody else" not in text_of(client, address(member, "notices"))


def test_ones_own_notices_of_another_program_are_not_there(client: Client, member: Membership) -> None:
    notice_for(MembershipFactory.create(user=member.user), subject="From elsewhere")
    assert "From elsewhere" not in text_of(client, address(member, "notices"))


def test_without_notices_the_page_says_when_one_comes(client: Client, member: Membership) -> None:
    assert "When a batch that you requested ends" in text_of(client, address(member, "notices"))


def test_opening_a_notice_marks_it_and_leads_to_its_batch(client: Client, member: Membership) -> None:
    notice = notice_for(member)
    response = client.post(address(member, "notice-open", notice.pk))
    assert response["Location"] == address(member, "batch", notice.batch_id)
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_a_notice_keeps_the_time_at_which_it_was_read_first(client: Client, member: Membership) -> None:
    first = timezone.now()
    notice = notice_for(member, read_at=first)
    client.post(address(member, "notice-open", notice.pk))
    notice.refresh_from_db()
    assert notice.read_at == first


def test_mark_all_as_read_leaves_those_of_others_alone(client: Client, member: Membership) -> None:
    own, other = notice_for(member), notice_for(MembershipFactory.create(program=member.program))
    client.post(address(member, "notices-read"))
    own.refresh_from_db()
    other.refresh_from_db()
    assert own.read_at is not None
    assert other.read_at is None


def test_the_bell_says_how_many_are_unread(client: Client, member: Membership) -> None:
    notice_for(member)
    notice_for(member)
    notice_for(member, read_at=timezone.now())
    assert "Notices, 2 unread" in text_of(client, address(member, "live-pill"))


def test_the_pill_shows_a_running_batch_with_per_cent_and_link(client: Client, member: Membership) -> None:
    batch = make(member, name="Confirmed", succeeded=43, pending=57)
    html = text_of(client, address(member, "live-pill"))
    assert "43%" in html
    assert f'href="{address(member, "batch", batch.pk)}"' in html


def test_several_running_batches_are_a_menu(client: Client, member: Membership) -> None:
    make(member, pending=1)
    letters = make(member, kind=Letters, pending=1)
    html = text_of(client, address(member, "live-pill"))
    assert "2 running" in html
    assert f'href="{address(member, "batch", letters.pk)}"' in html


def test_the_bulks_of_one_import_are_one_line(client: Client, member: Membership) -> None:
    for _ in range(12):
        make(member, name="may.csv", campaign_name="", listed=False, succeeded=300, pending=700)
    html = text_of(client, address(member, "live-pill"))
    assert html.count("may.csv</bdi>") == 1
    assert "8,400 left" in html


def test_what_is_over_scheduled_or_a_single_message_is_not_in_the_pill(
    client: Client, member: Membership
) -> None:
    make(member)
    make(member, pending=1, status=BatchStatus.SCHEDULED)
    make(member, pending=1, lane=Lane.EXPRESS)
    make(MembershipFactory.create(), pending=1)
    assert "%" not in text_of(client, address(member, "live-pill"))


def test_the_pill_is_cheap(
    client: Client, member: Membership, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        make(member, pending=1)
    client.get(address(member, "live-pill"))
    # session, user, membership, batches, unread notices
    with django_assert_num_queries(5):
        assert "Over 8 running" in text_of(client, address(member, "live-pill"))
