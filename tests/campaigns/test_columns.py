"""Which columns lists of people show: chosen by the address, without another query, and never fewer in a file."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from batchadmin.accounts.models import Membership
from campaigns.models import Campaign, Influencer
from tests.campaigns.factories import crowd

LISTS = ["influencers", "campaign"]
USUAL = ["Select", "Name", "Handle", "Followers", "Country", "E-mail", "WhatsApp"]


@pytest.fixture
def people(campaign: Campaign) -> list[int]:
    """Sixty of the campaign; whoever is first has a size and a name of an attribute that is no plain word."""
    ids = crowd(campaign, 60)
    Influencer.objects.filter(pk__in=ids).update(
        attributes={"country": "DE", "size": "M", "Färbung, neu": "<b>"}
    )
    return ids


@pytest.fixture
def address(manager: Membership, campaign: Campaign, request: pytest.FixtureRequest) -> str:
    """Of one of the lists."""
    name = request.param
    own = {"pk": campaign.pk} if name == "campaign" else {}
    return reverse(name, kwargs={"program": manager.program.slug, **own})


def titles(answer: Any) -> list[str]:
    """The heads of the table, as they are read."""
    heads = re.findall(r"<th [^>]*>(.*?)</th>", answer.content.decode(), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", head).split()) for head in heads]


def links(answer: Any) -> list[str]:
    """The addresses that the page leads to beside others of its own."""
    found = re.findall(r'href="(?:[^"?#]*)(\?[^"]*)"', answer.content.decode())
    return [one.replace("&amp;", "&") for one in found]


@pytest.mark.parametrize("address", LISTS, indirect=True)
@pytest.mark.usefixtures("people")
def test_the_columns_of_the_address_are_shown_beside_the_name_in_their_usual_order(
    browser: Client, address: str
) -> None:
    shown = titles(browser.get(address))
    assert shown == (USUAL if "influencers" in address else [*USUAL, "In stage"])
    few = browser.get(address, {"columns": ["whatsapp", "handle"]})
    assert titles(few) == ["Select", "Name", "Handle", "WhatsApp"]
    assert titles(browser.get(address, {"columns": "name"})) == ["Select", "Name"]


@pytest.mark.parametrize("address", LISTS, indirect=True)
@pytest.mark.usefixtures("people")
def test_attributes_of_the_people_can_be_columns(browser: Client, address: str) -> None:
    menu = browser.get(address).content.decode()
    assert 'value="attribute:size"' in menu
    assert 'value="attribute:country"' not in menu  # it has a column of its own
    chosen = browser.get(address, {"columns": ["name", "email", "attribute:size", "attribute:Färbung, neu"]})
    assert titles(chosen) == ["Select", "Name", "E-mail", "size", "Färbung, neu"]
    assert "<bdi>M</bdi>" in chosen.content.decode()
    assert "<bdi>&lt;b&gt;</bdi>" in chosen.content.decode()


@pytest.mark.parametrize("address", LISTS, indirect=True)
@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "bad", ["nonsense", "tick", "attribute:", "attribute:" + "x" * 101, "attribute:country", "\0", "..."]
)
def test_a_column_that_isnt_there_is_passed_over(browser: Client, address: str, bad: str) -> None:
    assert titles(browser.get(address, {"columns": bad})) == titles(browser.get(address))
    assert titles(browser.get(address, {"columns": ["email", bad, "email"]})) == ["Select", "Name", "E-mail"]


@pytest.mark.parametrize("address", LISTS, indirect=True)
@pytest.mark.usefixtures("people")
def test_an_address_with_a_great_many_attributes_shows_twenty(browser: Client, address: str) -> None:
    many = [f"attribute:{number}" for number in range(60)]
    assert len(titles(browser.get(address, {"columns": many}))) == 2 + 20


@pytest.mark.parametrize("address", LISTS, indirect=True)
@pytest.mark.usefixtures("people")
def test_arrows_order_size_stages_and_clear_keep_the_columns(browser: Client, address: str) -> None:
    chosen = ["name", "email", "attribute:Färbung, neu"]
    page = browser.get(address, {"columns": chosen, "country": "DE", "sort": "name"})
    kept = [link for link in links(page) if parse_qs(urlsplit(link).query).get("columns") == chosen]
    for sign in ("page=2", "sort=-name", "per_page=100", "who=all", "format=csv"):
        assert any(sign in link for link in kept), sign
    others = {link for link in links(page) if link not in kept and "outside=" not in link}
    assert others == set()  # neither the stages nor Clear show other columns


@pytest.mark.parametrize("address", LISTS, indirect=True)
def test_the_menu_and_the_filter_take_along_what_the_address_has(
    browser: Client, address: str, people: list[int]
) -> None:
    asked: dict[str, Any] = {
        "columns": ["name", "email"],
        "country": "DE",
        "sort": "-name",
        "per_page": "25",
        "page": "2",
        "ids": people[0],
    }
    page = browser.get(address, asked).content.decode()
    _before, menu = page.split('<form class="columns"')
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', menu.split("</form>")[0]))
    assert hidden == {key: str(value) for key, value in asked.items()} | {"columns": "name"}
    ticked = re.findall(r'name="columns" value="(\w+)" checked', menu)
    assert ticked == ["email"]
    bar = page.split('<form class="filter-bar"')[1].split("</form>")[0]
    assert re.findall(r'name="columns" value="(\w+)"', bar) == ["name", "email"]


@pytest.mark.parametrize("address", LISTS, indirect=True)
@pytest.mark.usefixtures("people")
def test_columns_cost_no_query(browser: Client, address: str) -> None:
    def queries(**asked: Any) -> int:
        with CaptureQueriesContext(
            connection,
        ) as counted:
            browser.get(address, asked)
        return len(counted)

    queries()
    usual = queries()
    assert queries(columns=["name"]) == usual
    assert queries(columns=["email", "attribute:size", "attribute:nobody has it"]) == usual


@pytest.mark.parametrize("address", LISTS, indirect=True)
@pytest.mark.usefixtures("people")
def test_a_file_has_all_columns_and_the_attributes_that_are_shown(browser: Client, address: str) -> None:
    def file(**asked: Any) -> list[list[str]]:
        answer: Any = browser.get(address, {**asked, "format": "csv"})
        return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    usual = file()
    assert file(columns=["name", "email"]) == usual
    header, first, *others = file(columns=["name", "attribute:size"])
    assert header == [*usual[0], "size"]
    assert first == [*usual[1], "M"]
    assert len(others) == 59


@pytest.mark.usefixtures("people")
def test_a_live_update_of_the_stages_keeps_the_columns(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    address = reverse("campaign", kwargs={"program": manager.program.slug, "pk": campaign.pk})
    asked = {"HX-Request": "true", "HX-Target": "live"}
    answer = browser.get(address, {"columns": ["name", "email"], "seen": "0"}, headers=asked)
    assert "Show the list anew" in answer.content.decode()
    assert len(links(answer)) > 1
    assert all("columns=name&columns=email" in link for link in links(answer))
