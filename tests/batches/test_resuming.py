"""Resuming a batch at the very moment at which something else happens to it."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.refusals import NotPossible
from batches.services import batch_resume
from batches.services.running import batch_broke
from tests.batches.factories import make_batch
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db(transaction=True)


def until_somebody_waits_for_a_row() -> None:
    """Return once another connection of ours waits for what this one has locked."""
    ends = time.monotonic() + 60
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while time.monotonic() < ends:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody came to wait")


@pytest.mark.usefixtures("redis_db")
def test_a_batch_that_breaks_while_it_is_resumed_is_resumed_and_not_refused() -> None:
    member: Membership = MembershipFactory.create()
    batch = make_batch(member.program, member.user, pending=3)
    refused: list[str] = []

    def resume() -> None:
        try:
            batch_resume(batch=BatchRequest.objects.get(pk=batch.pk), by=member.user)
        except NotPossible as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    person = threading.Thread(target=resume)
    with transaction.atomic():
        batch_broke(batch.pk, RuntimeError("it broke"))
        person.start()
        until_somebody_waits_for_a_row()
    person.join(60)
    batch.refresh_from_db()
    assert refused == []
    assert batch.status == "queued"
