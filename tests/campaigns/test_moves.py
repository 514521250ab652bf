"""Moving participants: at once, by a batch, and with others doing the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.refusals import AudienceChanged, EmptyBatch, LockHeld
from batches.states import BatchStatus, ItemStatus
from campaigns import statistics
from campaigns.audience import Selection
from campaigns.bulk import stages as bulk_stages
from campaigns.models import Campaign, Participant, Stage, StageChange
from campaigns.services import (
    campaign_add_request,
    participants_add,
    participants_move,
    stage_move_request,
)
from campaigns.services.updates import TooManyAtOnce
from campaigns.signals import stage_entered
from tests.campaigns.factories import CampaignFactory, InfluencerFactory, crowd
from tests.factories import MembershipFactory, UserFactory

Work = Callable[[], None]


def stages(campaign: Campaign) -> list[Stage]:
    return list(campaign.stages.all())


def chosen(ids: list[int], expected: int | None = None) -> Selection:
    return Selection(ids=tuple(ids), expected=expected)


def steps(influencer_id: int) -> list[tuple[str | None, str]]:
    changes = StageChange.objects.filter(participant__influencer=influencer_id).order_by("pk")
    return [
        (change.from_stage.name if change.from_stage else None, change.to_stage.name) for change in changes
    ]


def test_a_few_are_moved_at_once_with_their_history(manager: Membership, campaign: Campaign) -> None:
    ids = crowd(campaign, 3)
    done = participants_move(selection=chosen(ids), to_stage=stages(campaign)[1], by=manager.user)
    assert (done.moved, done.skipped) == (3, {})
    assert steps(ids[0]) == [("Invited", "Accepted")]
    assert StageChange.objects.filter(by_user=manager.user, by_name=manager.user.full_name).count() == 3


def test_who_is_there_already_stays_and_gets_no_step(manager: Membership, campaign: Campaign) -> None:
    ids = crowd(campaign, 2)
    done = participants_move(selection=chosen(ids), to_stage=stages(campaign)[0], by=manager.user)
    assert {skip.reason for skip in done.skipped.values()} == {"already_there"}
    assert StageChange.objects.count() == 0


def test_more_than_a_few_need_a_batch(manager: Membership, campaign: Campaign) -> None:
    ids = crowd(campaign, 11)
    with pytest.raises(TooManyAtOnce):
        participants_move(selection=chosen(ids), to_stage=stages(campaign)[1], by=manager.user)
    assert StageChange.objects.count() == 0


def test_nobody_is_refused_in_words(manager: Membership, campaign: Campaign) -> None:
    with pytest.raises(EmptyBatch, match="Nobody is selected"):
        participants_move(selection=chosen([]), to_stage=stages(campaign)[1], by=manager.user)
    with pytest.raises(EmptyBatch):
        stage_move_request(selection=chosen([]), to_stage=stages(campaign)[1], by=manager.user)


def test_another_number_than_was_seen_is_refused(manager: Membership, campaign: Campaign) -> None:
    ids = crowd(campaign, 3)
    with pytest.raises(AudienceChanged, match="You saw 4; now 3 match"):
        participants_move(selection=chosen(ids, expected=4), to_stage=stages(campaign)[1], by=manager.user)
    with pytest.raises(AudienceChanged):
        stage_move_request(selection=chosen(ids, expected=4), to_stage=stages(campaign)[1], by=manager.user)
    assert not BatchRequest.objects.exists()


def test_people_of_another_program_are_nobody(manager: Membership, campaign: Campaign) -> None:
    strangers = crowd(CampaignFactory.create(), 2)
    with pytest.raises(EmptyBatch):
        participants_move(selection=chosen(strangers), to_stage=stages(campaign)[1], by=manager.user)


def test_a_stage_of_another_campaign_is_refused(manager: Membership, campaign: Campaign) -> None:
    other = CampaignFactory.create(program=manager.program)
    with pytest.raises(ValidationError, match="different campaigns"):
        stage_move_request(
            selection=chosen(crowd(campaign, 1)),
            from_stage=stages(other)[0],
            to_stage=stages(campaign)[1],
            by=manager.user,
        )


def test_a_batch_moves_everybody_with_history_that_names_it(
    manager: Membership, campaign: Campaign, work: Work
) -> None:
    ids = crowd(campaign, 25)
    batch = stage_move_request(selection=chosen(ids, 25), to_stage=stages(campaign)[1], by=manager.user)
    work()
    batch.refresh_from_db()
    assert (batch.status, batch.succeeded) == (BatchStatus.COMPLETED, 25)
    assert StageChange.objects.filter(batch_id=batch.pk, to_stage=stages(campaign)[1]).count() == 25
    assert batch.stage_update.to_stage == stages(campaign)[1]
    assert (batch.type, batch.title) == ("BatchWorkflowStatus", f"Accepted, {campaign.name}")


@pytest.fixture
def left_alone(db: None) -> Iterator[None]:
    """PostgreSQL doesn't look at participants by itself meanwhile: whoever renews statistics then leaves the table to it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE campaigns_participant SET (autovacuum_enabled = off)")
        yield
        cursor.execute("ALTER TABLE campaigns_participant RESET (autovacuum_enabled)")


@pytest.mark.usefixtures("left_alone")
def test_the_planner_hears_of_a_large_batch_once_it_has_ended(
    manager: Membership, campaign: Campaign, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_stages, "WORTH_IT", 3)
    # What other tests have changed renews nothing meanwhile.
    monkeypatch.setattr(statistics, "WORTH_IT", 1_000_000_000)
    target = stages(campaign)[1]
    for people, renewals in ((2, 0), (12, 1)):
        ids = crowd(campaign, people)
        batch = stage_move_request(selection=chosen(ids), to_stage=target, by=manager.user)
        before = statistics_renewed("campaigns_participant")
        work()
        batch.refresh_from_db()
        assert batch.status == BatchStatus.COMPLETED
        assert statistics_renewed("campaigns_participant") - before == renewals


def statistics_renewed(table: str) -> int:
    """How often somebody had the planner's statistics of a table renewed; what PostgreSQL does by itself isn't counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT analyze_count FROM pg_stat_user_tables WHERE relname = %s", [table])
        return int(cursor.fetchone()[0])


def test_who_was_moved_meanwhile_stays_with_the_reason(
    manager: Membership, campaign: Campaign, work: Work
) -> None:
    ids = crowd(campaign, 12)
    ana = MembershipFactory.create(program=manager.program, user=UserFactory.create(full_name="Ana Belo"))
    batch = stage_move_request(selection=chosen(ids), to_stage=stages(campaign)[1], by=manager.user)
    participants_move(selection=chosen(ids[:1]), to_stage=stages(campaign)[2], by=ana.user)
    work()
    item = batch.items.get(key=ids[0])
    assert (item.status, item.reason) == (ItemStatus.SKIPPED, "moved_meanwhile")
    assert item.detail == "moved to Paid by Ana Belo"
    assert steps(ids[0]) == [("Invited", "Paid")]


def test_who_is_there_already_is_skipped_from_the_start(
    manager: Membership, campaign: Campaign, work: Work
) -> None:
    ids = crowd(campaign, 11)
    participants_move(selection=chosen(ids[:2]), to_stage=stages(campaign)[1], by=manager.user)
    batch = stage_move_request(selection=chosen(ids), to_stage=stages(campaign)[1], by=manager.user)
    assert (batch.total, batch.pending, batch.skipped) == (11, 9, 2)
    work()
    batch.refresh_from_db()
    assert (batch.status, batch.succeeded, batch.skipped) == (BatchStatus.COMPLETED, 9, 2)


def test_a_stage_that_is_being_filled_refuses_others_naming_the_batch(
    manager: Membership, campaign: Campaign, work: Work
) -> None:
    ids, later = crowd(campaign, 11), [InfluencerFactory.create(program=manager.program).pk]
    accepted = stages(campaign)[1]
    batch = stage_move_request(selection=chosen(ids), to_stage=accepted, by=manager.user)
    with pytest.raises(LockHeld, match=f"batch {batch.pk}"):
        participants_move(selection=chosen(ids[:2]), to_stage=accepted, by=manager.user)
    with pytest.raises(LockHeld):
        participants_add(selection=chosen(later), to_stage=accepted, by=manager.user)
    with pytest.raises(LockHeld):
        stage_move_request(selection=chosen(ids), to_stage=accepted, by=manager.user)
    work()
    assert participants_add(selection=chosen(later), to_stage=accepted, by=manager.user).moved == 1


def test_adding_leaves_those_who_are_in_the_campaign_where_they_are(
    manager: Membership, campaign: Campaign, work: Work
) -> None:
    inside = crowd(campaign, 2)
    outside = [one.pk for one in InfluencerFactory.create_batch(12, program=manager.program)]
    batch = campaign_add_request(
        selection=chosen(inside + outside), to_stage=stages(campaign)[1], by=manager.user
    )
    work()
    batch.refresh_from_db()
    assert (batch.succeeded, batch.skipped) == (12, 2)
    assert Participant.objects.filter(influencer__in=inside, stage=stages(campaign)[0]).count() == 2
    assert steps(outside[0]) == [(None, "Accepted")]


def test_who_came_in_while_the_batch_waited_is_skipped_with_the_stage(
    manager: Membership, campaign: Campaign, work: Work
) -> None:
    people = [one.pk for one in InfluencerFactory.create_batch(11, program=manager.program)]
    batch = campaign_add_request(selection=chosen(people), to_stage=stages(campaign)[1], by=manager.user)
    participants_add(selection=chosen(people[:1]), to_stage=stages(campaign)[2], by=manager.user)
    work()
    item = batch.items.get(key=people[0])
    assert (item.reason, item.detail) == ("already_in_campaign", "in the campaign already, at Paid")


def test_stage_entry_is_told_within_the_transaction_that_moves(
    manager: Membership, campaign: Campaign
) -> None:
    heard: list[dict[str, Any]] = []

    def hear(**news: Any) -> None:
        heard.append({**news, "atomic": transaction.get_connection().in_atomic_block})

    stage_entered.connect(hear)
    try:
        ids = crowd(campaign, 2)
        participants_move(selection=chosen(ids), to_stage=stages(campaign)[1], by=manager.user)
    finally:
        stage_entered.disconnect(hear)
    assert len(heard) == 1
    assert heard[0]["atomic"] is True
    assert heard[0]["stage"] == stages(campaign)[1]
    assert sorted(heard[0]["change_ids"]) == sorted(StageChange.objects.values_list("pk", flat=True))


def test_a_listener_that_breaks_undoes_the_move(manager: Membership, campaign: Campaign) -> None:
    def break_it(**news: Any) -> None:
        raise RuntimeError("no")

    stage_entered.connect(break_it)
    try:
        with pytest.raises(RuntimeError):
            participants_move(
                selection=chosen(crowd(campaign, 2)), to_stage=stages(campaign)[1], by=manager.user
            )
    finally:
        stage_entered.disconnect(break_it)
    assert Participant.objects.filter(stage=stages(campaign)[0]).count() == 2
    assert StageChange.objects.count() == 0


def test_history_can_neither_be_changed_nor_deleted(manager: Membership, campaign: Campaign) -> None:
    participants_move(selection=chosen(crowd(campaign, 1)), to_stage=stages(campaign)[1], by=manager.user)
    with pytest.raises(TypeError):
        StageChange.objects.update(by_name="Somebody else")
    with pytest.raises(TypeError):
        StageChange.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_moves_that_overlap_leave_a_history_without_gaps(manager: Membership, campaign: Campaign) -> None:
    ids = crowd(campaign, 10)
    targets = stages(campaign)

    def keep_moving(number: int) -> None:
        order = ids if number % 2 else ids[::-1]
        try:
            for turn in range(8):
                target = targets[(turn + number) % len(targets)]
                participants_move(selection=chosen(order), to_stage=target, by=manager.user)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(keep_moving, range(4)))
    for participant in Participant.objects.filter(influencer__in=ids).select_related("stage"):
        walked = steps(participant.influencer_id)
        assert walked[0][0] == "Invited"
        assert all(earlier[1] == later[0] for earlier, later in pairwise(walked))
        assert walked[-1][1] == participant.stage.name


def test_ten_thousand_are_moved_with_a_step_of_history_each(
    manager: Membership, campaign: Campaign, work: Work
) -> None:
    crowd(campaign, 10_000)
    first, second, _paid = stages(campaign)
    everybody = Selection(everything=True, filter=f"stage={first.pk}", expected=10_000)
    batch = stage_move_request(selection=everybody, from_stage=first, to_stage=second, by=manager.user)
    work()
    batch.refresh_from_db()
    assert (batch.status, batch.succeeded) == (BatchStatus.COMPLETED, 10_000)
    assert StageChange.objects.filter(batch_id=batch.pk, from_stage=first).count() == 10_000
