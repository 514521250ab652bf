"""The list of campaigns with how many are in each, and a stage's people in the order of their names."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from campaigns.models import Campaign
from tests.campaigns.factories import CampaignFactory, InfluencerFactory, ParticipantFactory, crowd


def test_each_campaign_says_how_many_are_in_it_in_the_list_and_in_its_file(
    manager: Membership, browser: Client
) -> None:
    for name, number in (("Few", 2), ("Same", 2), ("Nobody", 0), ("Many", 3)):
        crowd(CampaignFactory.create(program=manager.program, name=name), number)
    crowd(CampaignFactory.create(name="Somebody else's"), 1)
    address = reverse("campaigns", args=[manager.program.slug])
    sorts = (("-people", ["Many", "Same", "Few", "Nobody"]), ("people", ["Nobody", "Same", "Few", "Many"]))
    for sort, names in sorts:
        page = browser.get(address, {"sort": sort}).content.decode()
        cells = re.findall(r'<bdi>(\w+)</bdi></a></td>.*?data-label="Influencers">(\d+)<', page)
        assert cells == [(name, {"Many": "3", "Nobody": "0"}.get(name, "2")) for name in names]
    assert "Few" not in browser.get(address, {"sort": "people", "q": "none of them"}).content.decode()
    file = b"".join(browser.get(address, {"format": "csv"}).streaming_content).decode()  # type: ignore[attr-defined]
    assert [line.split(",")[:2] for line in file.splitlines()[1:]] == [
        ["Many", "3"],
        ["Nobody", "0"],
        ["Same", "2"],
        ["Few", "2"],
    ]


def test_a_stage_lists_its_own_people_by_name(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    first, second, _last = campaign.stages.all()
    for name, stage in (("Cleo", first), ("Ana", first), ("Bea", second), ("Dora", first)):
        person = InfluencerFactory.create(program=manager.program, first_name=name, last_name="")
        ParticipantFactory.create(campaign=campaign, influencer=person, stage=stage)
    address = reverse("campaign", args=[manager.program.slug, campaign.pk])
    for sort, names in (("name", ["Ana", "Cleo", "Dora"]), ("-name", ["Dora", "Cleo", "Ana"])):
        page = browser.get(address, {"stage": str(first.pk), "sort": sort}).content.decode()
        assert re.findall(r"<bdi>(Ana|Bea|Cleo|Dora)</bdi>", page) == names
