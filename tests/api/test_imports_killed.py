"""A worker that is killed in the middle of imports: no row is applied twice, and the counts are exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from batchadmin.accounts.states import Role
from campaigns.models import Influencer, OptChange
from tests.api.conftest import caller_of
from tests.factories import MembershipFactory
from tests.fixtures.processes import wait_until

BULKS, MEMBERS = 12, 400


@pytest.mark.workers
def test_killed_workers_neither_lose_nor_repeat_a_row(worker_pool: Callable[..., Any]) -> None:
    caller = caller_of(MembershipFactory.create(role=Role.OWNER))
    pool = worker_pool(count=2)
    for bulk in range(BULKS):
        members = [{"properties": {"email": f"m{bulk}-{one}@example.com"}} for one in range(MEMBERS)]
        told = {
            "import_id": "spring",
            "request_number": bulk,
            "members": [*members, {"properties": {"email": "no"}}],
        }
        assert caller.post("imports", told).status_code == 202
        if bulk in (3, 6, 9):
            wait_until(pool.bulk_pids, seconds=120, what="a worker to kill")
            pool.kill_worker()

    def statuses() -> set[str]:
        return {bulk["status"] for bulk in caller.get("imports/spring").json()["bulks"]}

    wait_until(lambda: statuses() == {"finished"}, seconds=240, what=lambda: f"all to finish: {statuses()}")
    report = caller.get("imports/spring").json()
    assert report["members_in_payload_number"] == BULKS * (MEMBERS + 1)
    assert report["members_created_number"] == BULKS * MEMBERS
    assert report["members_with_validation_errors_number"] == BULKS
    assert Influencer.objects.count() == OptChange.objects.count() == BULKS * MEMBERS
