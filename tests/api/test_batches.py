"""Batch requests by API: listing, paging, items, stopping, restarting."""

from __future__ import annotations

from collections.abc import Callable

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from messaging.bulk import BroadcastSend
from messaging.models import Broadcast
from tests.api.conftest import Caller
from tests.batches.factories import make_membership_batch
from tests.messaging.factories import people, request_broadcast


def test_a_batch_is_told_with_counts_that_add_up(caller: Caller, member: Membership) -> None:
    batch = make_membership_batch(member, succeeded=3, failed=1, skipped=2)
    told = caller.get(f"batch-requests/{batch.pk}").json()
    counts = told["counts"]
    assert (told["id"], told["status"], told["requester"]) == (batch.pk, "failed", member.user.email)
    assert counts.pop("total") == sum(counts.values()) == 6
    assert "last_error" not in told


def test_pages_of_batches_meet_without_gap_or_repeat(caller: Caller, member: Membership) -> None:
    made = [make_membership_batch(member).pk for _one in range(7)]
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = caller.get("batch-requests", limit=3, cursor=cursor).json()
        make_membership_batch(member)  # comes meanwhile, and pushes nothing onto the next page
        seen += [batch["id"] for batch in page["items"]]
        cursor = page["next"]
    assert seen == sorted(made, reverse=True)


def test_batches_are_narrowed_by_status_and_type(caller: Caller, member: Membership) -> None:
    done = make_membership_batch(member, succeeded=1)
    make_membership_batch(member, pending=1)
    assert [one["id"] for one in caller.get("batch-requests", status="completed").json()["items"]] == [
        done.pk
    ]
    assert caller.get("batch-requests", type="BatchConversations").json()["items"] == []
    assert caller.get("batch-requests", status="done").status_code == 422


def test_a_parameter_with_a_slip_of_the_pen_is_refused_naming_those_there_are(caller: Caller) -> None:
    answer = caller.get("batch-requests?statsu=queued")
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")
    assert [one["field"] for one in answer.json()["fields"]] == ["query.statsu"]
    assert "cursor, limit, status, type" in answer.json()["detail"]
    assert caller.get("influencers?tags=vip").status_code == 422
    assert caller.get("campaigns/1/stages?limit=5").status_code in (404, 422)
    assert caller.get("batch-requests?status=queued&limit=5").status_code == 200


def test_unlisted_batches_are_not_listed(caller: Caller, member: Membership) -> None:
    make_membership_batch(member, listed=False)
    assert caller.get("batch-requests").json() == {"items": [], "next": None}


def test_items_are_told_by_status_with_reasons_in_words(caller: Caller, member: Membership) -> None:
    batch = make_membership_batch(member, succeeded=2, failed=3)
    first = caller.get(f"batch-requests/{batch.pk}/items", status="failed", limit=2).json()
    rest = caller.get(
        f"batch-requests/{batch.pk}/items", status="failed", limit=2, cursor=first["next"]
    ).json()
    assert [item["key"] for item in first["items"] + rest["items"]] == [3, 4, 5]
    assert rest["next"] is None
    assert first["items"][0]["words"] == "This one broke while it was processed"


def test_a_cursor_that_is_none_is_refused(caller: Caller) -> None:
    for cursor in ("x", "YWZ0ZXI6LTE", "after:1", "////", "YWZ0ZXI6MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA"):
        answer = caller.get("batch-requests", cursor=cursor)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_cursor")


def test_a_broadcast_is_stopped_and_stays_so(caller: Caller, member: Membership) -> None:
    people(member, 5)
    batch = request_broadcast(member).batch
    first = caller.post(f"batch-requests/{batch.pk}/stop", key="halt")
    again = caller.post(f"batch-requests/{batch.pk}/stop", key="halt")
    assert (first.status_code, first.json()["status"], first.json()["counts"]["not_sent"]) == (
        200,
        "stopped",
        5,
    )
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert caller.post(f"batch-requests/{batch.pk}/stop").json()["status"] == "stopped"


def test_what_has_ended_or_may_not_be_stopped_says_so(caller: Caller, member: Membership) -> None:
    ended = make_membership_batch(member, kind=BroadcastSend, succeeded=1)
    answer = caller.post(f"batch-requests/{ended.pk}/stop")
    assert (answer.status_code, answer.json()["error"]) == (409, "not_possible")
    assert "nothing left to stop" in answer.json()["detail"]


def test_a_restart_that_is_repeated_leads_to_the_same_one(caller: Caller, member: Membership) -> None:
    people(member, 4)
    batch = request_broadcast(member).batch
    caller.post(f"batch-requests/{batch.pk}/stop")
    made = caller.post(f"batch-requests/{batch.pk}/restart", {"subject": "Once more"})
    again = caller.post(f"batch-requests/{batch.pk}/restart")
    assert (made.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == made.json()["id"]
    assert made.json()["restart_of"] == batch.pk
    assert made.json()["name"] == "Once more"
    assert caller.get(f"batch-requests/{batch.pk}").json()["restarted_as"] == made.json()["id"]


def fail_for_good(batch: BatchRequest, number: int) -> None:
    """So many of those who were not reached have no mailbox any more."""
    keys = list(batch.items.values_list("key", flat=True)[:number])
    batch.items.filter(key__in=keys).update(status="failed", reason="5.1.1")
    left = batch.total - number
    BatchRequest.objects.filter(pk=batch.pk).update(not_sent=left, failed=number, status="failed")


def test_a_restart_has_a_title_and_spares_who_will_fail_again(caller: Caller, member: Membership) -> None:
    people(member, 4)
    batch = request_broadcast(member).batch
    caller.post(f"batch-requests/{batch.pk}/stop")
    fail_for_good(batch, 3)
    made = caller.post(
        f"batch-requests/{batch.pk}/restart", {"title": " Once more, please ", "leave_out_hopeless": True}
    )
    assert made.status_code == 202
    assert (made.json()["name"], made.json()["counts"]["total"]) == ("Once more, please", 1)


def test_a_restart_for_nobody_but_the_hopeless_is_refused(caller: Caller, member: Membership) -> None:
    people(member, 2)
    batch = request_broadcast(member).batch
    caller.post(f"batch-requests/{batch.pk}/stop")
    fail_for_good(batch, 2)
    answer = caller.post(f"batch-requests/{batch.pk}/restart", {"leave_out_hopeless": True})
    assert (answer.status_code, answer.json()["error"]) == (409, "not_possible")
    assert caller.get(f"batch-requests/{batch.pk}").json()["restarted_as"] is None


def test_another_text_for_an_approved_message_is_refused_and_not_passed_over(
    caller: Caller, member: Membership
) -> None:
    people(member, 2)
    broadcast = request_broadcast(member)
    caller.post(f"batch-requests/{broadcast.pk}/stop")
    Broadcast.objects.filter(pk=broadcast.pk).update(
        approved={"name": "hello", "language": "en", "parameters": []}
    )
    answer = caller.post(f"batch-requests/{broadcast.pk}/restart", {"body": "Hello again"})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_message")
    assert caller.post(f"batch-requests/{broadcast.pk}/restart").status_code == 202


def test_a_batch_that_runs_is_not_restarted(caller: Caller, member: Membership) -> None:
    people(member, 4)
    batch = request_broadcast(member).batch
    answer = caller.post(f"batch-requests/{batch.pk}/restart")
    assert (answer.status_code, answer.json()["error"]) == (409, "not_possible")


def test_a_batch_is_followed_to_its_end(caller: Caller, member: Membership, work: Callable[[], None]) -> None:
    people(member, 3)
    batch = request_broadcast(member).batch
    assert caller.get(f"batch-requests/{batch.pk}").json()["status"] == "queued"
    work()
    assert caller.get(f"batch-requests/{batch.pk}").json()["counts"]["succeeded"] == 3
