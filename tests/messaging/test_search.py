"""Search from anywhere: what it finds, of whose program, and what it costs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from batchadmin.accounts.models import Membership
from campaigns.models import Campaign, Influencer
from messaging.models import Chat
from messaging.search import MOST
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, request_broadcast

QUERIES = 12
FRAGMENT = {"HX-Request": "true", "HX-Target": "search-results"}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def place(client: Client, member: Membership) -> Membership:
    """A program with one of everything that is called Zebra, and a member who is logged in."""
    client.force_login(member.user)
    fill(member)
    return member


def fill(member: Membership) -> None:
    (person,) = people(member, 1, first_name="Zebra", email="zebra@lund.example", msisdn="491511234567")
    channel = ChannelFactory.create(program=member.program)
    Campaign.objects.create(program=member.program, name="Zebra gifting")
    TemplateFactory.create(program=member.program, name="Zebra welcome")
    Chat.objects.create(program=member.program, channel=channel, influencer=person)
    request_broadcast(member, channel, subject="Zebra news")


def found(client: Client, member: Membership, words: str) -> str:
    response = client.get(reverse("search", args=[member.program.slug]), {"q": words}, headers=FRAGMENT)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_everything_that_has_the_word_is_found_by_sort_with_numbers(
    client: Client, place: Membership
) -> None:
    text = found(client, place, "zebra")
    for label in ("Influencers", "Campaigns", "Batches", "Chats", "Templates"):
        assert f"{label}: 1." in text
    for words in ("Zebra gifting", "Zebra welcome", "Zebra news", "zebra@lund.example"):
        assert words in text


def test_nothing_of_another_program_is_found(client: Client, place: Membership) -> None:
    other = MembershipFactory.create()
    fill(other)
    Influencer.objects.filter(program=place.program).update(first_name="Bea", email="bea@example.com")
    assert "zebra@lund.example" not in found(client, place, "zebra")
    assert client.get(reverse("search", args=[other.program.slug]), {"q": "zebra"}).status_code == 404


@pytest.mark.parametrize(
    "words", ["zeb", "ZEBRA", "lund", "zebra@lund.example", "exam zeb", "+49 151 123", "@zebra", "zebra's"]
)
def test_people_are_found_by_beginnings_of_words_however_they_are_written(
    client: Client, place: Membership, words: str
) -> None:
    found_there = "zebra@lund.example" in found(client, place, words)
    assert found_there is (words != "zebra's")


@pytest.mark.parametrize("words", ["' | 'a", "a & !b", ":*", "\\", "%00", "x" * 500, "<script>"])
def test_what_means_something_to_the_database_means_nothing_here(
    client: Client, place: Membership, words: str
) -> None:
    assert "Nothing found" in found(client, place, words) or "at least" in found(client, place, words)


def test_many_are_counted_to_a_limit_and_lead_to_their_list(client: Client, place: Membership) -> None:
    people(place, MOST + 10, last_name="Quagga")
    text = found(client, place, "quagga")
    assert "Influencers: 50+." in text
    assert f"{reverse('influencers', args=[place.program.slug])}?q=quagga" in text


def test_the_page_works_by_itself_and_costs_a_fixed_number_of_queries(
    client: Client, place: Membership
) -> None:
    url = reverse("search", args=[place.program.slug])
    assert "Type the beginning" in client.get(url).content.decode()
    assert "Type at least 2 letters" in client.get(url, {"q": "z"}).content.decode()
    with CaptureQueriesContext(connection) as asked:
        page = client.get(url, {"q": "zebra"}).content.decode()
    assert len(asked) <= QUERIES, [query["sql"][:150] for query in asked]
    assert page.count('id="search-results"') == 1
    assert 'value="zebra"' in page


def test_every_page_has_the_button_and_the_dialog(client: Client, place: Membership) -> None:
    page = client.get(reverse("dashboard", args=[place.program.slug])).content.decode()
    assert 'id="search-open"' in page
    assert 'id="search-dialog"' in page
