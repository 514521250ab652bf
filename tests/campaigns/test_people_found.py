"""Searched and filtered lists of people: the same people in the same order, however PostgreSQL finds them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.lib import ordering
from batchadmin.lib.ordering import few_first, sorted_apart
from campaigns import filters
from campaigns.audience import participants_narrowed
from campaigns.filters import InfluencerFilter
from campaigns.models import Campaign, Influencer, Participant
from messaging.models import Chat
from tests.campaigns.factories import CampaignFactory, InfluencerFactory
from tests.messaging.factories import ChannelFactory

PAGE = 50


@pytest.fixture
def many(manager: Membership) -> list[Influencer]:
    """Sixty of one family name, the first of whom by name came last; and one of another name."""
    InfluencerFactory.create(program=manager.program, first_name="Bea", last_name="Lund")
    made = [
        Influencer(
            program=manager.program,
            first_name=f"N{60 - number:02}",
            last_name="O'Kafor-Lund",
            email=f"n{number}@one.example",
            tags=["vip"] if number % 2 else [],
        )
        for number in range(60)
    ]
    return sorted(Influencer.objects.bulk_create(made), key=lambda one: one.first_name)


@pytest.fixture
def campaign(many: list[Influencer], manager: Membership) -> Campaign:
    """A campaign with the even ones of them, who came in in the order of their names."""
    found = CampaignFactory.create(program=manager.program)
    stage = found.stages.earliest("position")
    Participant.objects.bulk_create(
        Participant(campaign=found, stage=stage, influencer=person) for person in many[::2]
    )
    return found


def listed(browser: Client, manager: Membership, query: str) -> list[int]:
    page = browser.get(f"{reverse('influencers', args=[manager.program.slug])}?{query}")
    return [row.record.pk for row in page.context["table"].paginated_rows]


def file_of(browser: Client, address: str) -> list[str]:
    answer: Any = browser.get(address)
    return b"".join(answer.streaming_content).decode().splitlines()


def keys(people: list[Influencer]) -> list[int]:
    return [person.pk for person in people]


@pytest.mark.parametrize("words", ["kafor", "o'kafor", "LUND kaf", "n one.exam"])
def test_a_search_lists_all_whom_it_finds_by_name(
    many: list[Influencer], browser: Client, manager: Membership, words: str
) -> None:
    assert listed(browser, manager, f"q={words}") == keys(many)[:PAGE]
    assert listed(browser, manager, f"q={words}&page=2") == keys(many)[PAGE:]
    assert listed(browser, manager, f"q={words}&sort=-name") == keys(many)[::-1][:PAGE]


def test_a_search_can_be_narrowed_down_further(
    many: list[Influencer], campaign: Campaign, browser: Client, manager: Membership
) -> None:
    assert listed(browser, manager, "q=kafor&tag=vip") == [one.pk for one in many if one.tags]
    assert listed(browser, manager, f"q=kafor&outside={campaign.pk}") == keys(many)[1::2]
    assert listed(browser, manager, "q=@&tag=vip") == []


@pytest.mark.parametrize("words", ["", "kafor", "n0 one", "nobody", "@", "o'k*'"])
def test_a_search_finds_the_same_in_every_way(many: list[Influencer], words: str) -> None:
    people = Influencer.objects.all()
    found = list(people.search(words).by_name())
    assert list(people.search(words, is_sorted=False).by_name()) == found
    assert list(people.found_by_name(words)) == found
    assert list(sorted_apart(people.search(words).by_name())) == found
    assert list(sorted_apart(people.search(words).order_by("-known_as", "-pk"))) == found[::-1]


@pytest.mark.parametrize("few", [0, 29, 30])
def test_what_is_rare_is_listed_like_what_is_frequent(
    many: list[Influencer], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "FEW", few)
    tagged = Influencer.objects.filter(tags__contains=["vip"]).by_name()
    assert list(few_first(tagged)) == [one for one in many if one.tags]
    assert list(few_first(tagged.filter(first_name="Nobody"))) == []


def test_followers_are_found_by_their_index(manager: Membership) -> None:
    InfluencerFactory.create(program=manager.program, attributes={"followers": 5000})
    with connection.cursor() as cursor:  # of so few any index of the program would do
        cursor.execute("SET LOCAL enable_seqscan = off; DROP INDEX influencer_names")
    for query in ({"followers_min": "4999.5"}, {"followers_max": "5000"}):
        found = InfluencerFilter(query, program=manager.program).qs
        assert found.count() == 1
        assert "influencer_by_followers" in found.explain()


CHINESE = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9FFF), k=2000)))  # nothing to compress


@pytest.mark.parametrize("said", [CHINESE, "many", 10**4000, -7])
def test_whatever_stands_for_followers_can_be_saved_and_only_numbers_are_compared(
    manager: Membership, said: str | int
) -> None:
    InfluencerFactory.create(program=manager.program, attributes={"followers": said})
    found = InfluencerFilter({"followers_min": "0"}, program=manager.program).qs
    assert found.exists() is (said == 10**4000)


@pytest.mark.parametrize(
    "asked",
    [{"attribute": f"size={'9' * 400}.0"}, {"attribute": f"size={'9' * 5000}"}, {"followers_max": "-1e400"}],
)
def test_a_number_beyond_all_numbers_is_nobodys(manager: Membership, asked: dict[str, str]) -> None:
    InfluencerFactory.create(program=manager.program, attributes={"size": 9, "followers": 9})
    found = InfluencerFilter(asked, program=manager.program)
    assert not found.is_valid() or list(found.qs) == []


def test_a_search_is_answered_by_the_index_of_words(many: list[Influencer]) -> None:
    with (
        connection.cursor() as cursor
    ):  # so that of all ways only those by an index of the very words are left
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    people = Influencer.objects.all()
    for found in (people.found_by_name("kafor"), people.search("kafor"), people.keys_found("kafor")):
        assert "influencer_by_word" in found.explain()


@pytest.mark.parametrize("held", [1, 100_000])
def test_who_is_not_in_a_campaign_is_listed_however_many_are_in_it(
    many: list[Influencer],
    campaign: Campaign,
    browser: Client,
    manager: Membership,
    held: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filters, "HELD_AT_ONCE", held)
    assert listed(browser, manager, f"outside={campaign.pk}")[1:] == keys(many)[1::2]  # after Bea


def test_participants_are_searched_like_everybody(
    many: list[Influencer], campaign: Campaign, manager: Membership
) -> None:
    for query, expected in (({"q": "kafor"}, many[::2]), ({"q": "n02"}, []), ({"q": "n05"}, [many[4]])):
        narrowed = InfluencerFilter(query, program=manager.program)
        assert narrowed.is_valid()
        found = participants_narrowed(narrowed, campaign).order_by("influencer__known_as")
        assert [participant.influencer for participant in found] == expected


@pytest.mark.parametrize(
    "query", ["q=kafor", "outside={campaign}&q=", "q=kafor&page=2", "page=2&per_page=25"]
)
def test_the_file_has_everybody_and_not_only_the_page(
    many: list[Influencer],
    browser: Client,
    manager: Membership,
    query: str,
) -> None:
    empty = CampaignFactory.create(program=manager.program)
    asked = query.format(campaign=empty.pk)
    lines = file_of(browser, f"{reverse('influencers', args=[manager.program.slug])}?{asked}&format=csv")
    assert len([line for line in lines if "O'Kafor" in line]) == len(many)


def test_the_file_of_chats_that_are_searched_has_all_of_them(
    many: list[Influencer], browser: Client, manager: Membership
) -> None:
    channel = ChannelFactory.create(program=manager.program)
    Chat.objects.bulk_create(
        Chat(program=manager.program, influencer=person, channel=channel) for person in many
    )
    lines = file_of(browser, f"{reverse('chats', args=[manager.program.slug])}?q=kafor&format=csv")
    assert len(lines) == len(many) + 1
