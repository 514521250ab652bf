"""Who is meant by a selection, as pages hand it on."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import QueryDict

from batchadmin.accounts.models import Membership
from campaigns.audience import Selection, SelectionError
from campaigns.models import Campaign
from campaigns.services import stage_move_request
from tests.campaigns.factories import CampaignFactory, InfluencerFactory, crowd


def read(query: str) -> Selection:
    return Selection.from_params(QueryDict(query))


@pytest.mark.parametrize(
    "selection",
    [
        Selection(ids=(3, 5), expected=2),
        Selection(everything=True, filter="stage=7&q=zoe", except_ids=(3,), expected=9),
        Selection(everything=True),
    ],
)
def test_a_selection_is_the_same_after_a_trip_through_an_address(selection: Selection) -> None:
    assert read(selection.as_query()) == selection


def test_unticked_rows_of_a_page_are_exceptions() -> None:
    chosen = read("who=all&filter=q%3Dzoe&shown=1,2,3&ids=1&ids=3&except=9&expected=50")
    assert (set(chosen.except_ids), chosen.expected) == ({2, 9}, 49)


@pytest.mark.parametrize(
    "query", ["ids=x", "ids=1.5", "who=all&except=-1", "expected=many", "ids=1&expected=²"]
)
def test_numbers_that_are_none_are_refused(query: str) -> None:
    with pytest.raises(SelectionError, match="can't be read"):
        read(query)


def test_people_of_another_program_and_the_erased_are_nobody(manager: Membership, campaign: Campaign) -> None:
    mine, gone = InfluencerFactory.create_batch(2, program=manager.program)
    gone.erased_at = gone.created_at
    gone.save()
    stranger = InfluencerFactory.create()
    chosen = Selection(ids=(mine.pk, gone.pk, stranger.pk))
    assert list(chosen.influencers(manager.program)) == [mine]
    assert Selection(everything=True).count(manager.program) == 1


def test_a_filter_finds_the_same_people_as_influencers_and_as_participants(
    manager: Membership, campaign: Campaign
) -> None:
    ids = crowd(campaign, 5)
    other = CampaignFactory.create(program=manager.program)
    stage = campaign.stages.get(name="Invited")
    for query in (f"stage={stage.pk}", f"stage={stage.pk}&campaign={campaign.pk}", f"campaign={campaign.pk}"):
        for more, number in (
            ("", 4),
            ("&q=bea2", 1),
            (f"&outside={other.pk}", 4),
            (f"&outside={campaign.pk}", 0),
        ):
            chosen = Selection(everything=True, filter=query + more, except_ids=(ids[0],))
            assert chosen.count(manager.program) == number, query + more
            assert chosen.participants(campaign).count() == number, query + more


def test_a_stage_of_another_campaign_chooses_nobody(manager: Membership, campaign: Campaign) -> None:
    crowd(campaign, 2)
    other = CampaignFactory.create(program=manager.program)
    stage = other.stages.get(name="Invited")
    for query in (f"stage={stage.pk}", f"campaign={other.pk}", f"stage={stage.pk}&campaign={campaign.pk}"):
        assert Selection(everything=True, filter=query).participants(campaign).count() == 0


@pytest.mark.parametrize("query", ["stage=999999", "campaign=x", "followers_min=many", "reach=pigeon"])
def test_a_filter_that_cant_be_used_is_refused_naming_the_field(
    manager: Membership, campaign: Campaign, query: str
) -> None:
    chosen = Selection(everything=True, filter=query)
    with pytest.raises(SelectionError, match="The filter can't be used"):
        chosen.influencers(manager.program)
    with pytest.raises(SelectionError):
        chosen.participants(campaign)


def test_a_request_looks_at_nobody_again_and_again_though_postgresql_knows_nothing_of_the_campaign_yet(
    manager: Membership, campaign: Campaign
) -> None:
    crowd(campaign, 2_000)
    stage = campaign.stages.get(name="Invited")
    everybody = Selection(everything=True, filter=f"campaign={campaign.pk}&stage={stage.pk}", expected=2_000)
    before = rows_read()
    stage_move_request(selection=everybody, to_stage=campaign.stages.get(name="Paid"), by=manager.user)
    assert rows_read() - before < 10 * 2_000  # each joined to each would be four million


def rows_read() -> int:
    """How many participants and influencers PostgreSQL has looked at in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('campaigns_participant', 'campaigns_influencer')"
        )
        return int(cursor.fetchone()[0])
