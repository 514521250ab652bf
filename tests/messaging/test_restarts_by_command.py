"""`batch restart` of a broadcast: support restarts what managers could, once."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from batches.services import batch_stop
from campaigns.models import Influencer
from messaging.services.broadcasts import broadcast_request
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, people

pytestmark = pytest.mark.usefixtures("transactional_db", "redis_db")


@pytest.fixture
def stopped() -> BatchRequest:
    member: Membership = MembershipFactory.create(role=Role.OWNER)
    people(member, 3)
    batch = broadcast_request(
        program=member.program,
        by=member.user,
        channel=ChannelFactory.create(program=member.program),
        subject="News",
        body="Hello",
        audience=Influencer.objects.filter(program=member.program),
    ).batch
    return batch_stop(batch=batch, by=member.user)


def restarted(batch: BatchRequest) -> dict[str, Any]:
    printed = io.StringIO()
    call_command("batch", "restart", str(batch.pk), "--json", stdout=printed)
    found: dict[str, Any] = json.loads(printed.getvalue())
    return found


def test_a_stopped_broadcast_is_restarted_for_those_it_did_not_reach(stopped: BatchRequest) -> None:
    document = restarted(stopped)
    assert (document["restart_of"], document["counts"]["total"], document["status"]) == (
        stopped.pk,
        3,
        "queued",
    )


def test_a_second_restart_names_the_first(stopped: BatchRequest) -> None:
    first = restarted(stopped)
    with pytest.raises(CommandError, match=str(first["id"])):
        restarted(stopped)
    assert BatchRequest.objects.filter(restart_of=stopped).count() == 1
