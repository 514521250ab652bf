"""Workers are killed while they move people into a stage that sends: everybody who came in has one message, no more."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from batches.models import BatchItem, BatchRequest
from campaigns.audience import Selection
from campaigns.models import Participant
from campaigns.services import stage_move_request
from messaging.models import AutomatedDelivery, Broadcast, Message
from messaging.states import Delivery
from tests.campaigns.factories import CampaignFactory, crowd
from tests.factories import MembershipFactory
from tests.fixtures.processes import wait_until
from tests.messaging.factories import ChannelFactory, TemplateFactory

PEOPLE = 12_000


@pytest.mark.workers
def test_killed_workers_lose_no_entry_and_answer_none_twice(worker_pool: Callable[..., Any]) -> None:
    member = MembershipFactory.create()
    campaign = CampaignFactory.create(program=member.program)
    ids = crowd(campaign, PEOPLE)
    stage = campaign.stages.select_related("campaign__program").get(name="Accepted")
    channel = ChannelFactory.create(program=member.program, connections=20)
    template = TemplateFactory.create(program=member.program, delivery=Delivery.STAGE, channel=channel)
    template.stages.add(stage)
    pool = worker_pool(count=2)
    request = stage_move_request(selection=Selection(ids=tuple(ids)), to_stage=stage, by=member.user)
    for _time in range(3):
        time.sleep(0.7)
        pool.kill_worker()
    wait_until(lambda: ended(request), seconds=600, what=lambda: pool.output())
    wait_until(all_sent, seconds=600, what=lambda: pool.output())

    assert Participant.objects.filter(stage=stage).count() == PEOPLE
    assert AutomatedDelivery.objects.count() == PEOPLE
    assert not AutomatedDelivery.objects.filter(batch_id=None).exists()
    items = BatchItem.objects.filter(batch_id__in=Broadcast.objects.values("batch_id"))
    assert items.count() == PEOPLE
    assert items.values("key").distinct().count() == PEOPLE
    # Nothing was sent twice, and what a dead worker had in its hands is settled from its journal, or said to be unknown.
    assert Message.objects.values("key").distinct().count() == Message.objects.count()
    assert items.filter(status="succeeded").count() + items.filter(status="unknown").count() == PEOPLE


def ended(request: BatchRequest) -> bool:
    request.refresh_from_db()
    return not request.is_live


def all_sent() -> bool:
    return not BatchRequest.objects.filter(kind="automated").live().exists()
