"""What a manager may choose before a restart: a title, who is left out, who is written to at a risk."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.models import Influencer
from messaging.models import Broadcast
from messaging.restarting import restart_check
from messaging.services import broadcast_restart
from tests.messaging.factories import people, request_broadcast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def ended(client: Client, member: Membership) -> Broadcast:
    """One to six: two had no mailbox, one's was full, one is unknown, two have it."""
    client.force_login(member.user)
    people(member, 6)
    broadcast = request_broadcast(member)
    keys = list(broadcast.batch.items.values_list("key", flat=True))
    fates = (
        [("failed", "5.1.1")] * 2 + [("failed", "5.2.2"), ("unknown", "unknown")] + [("succeeded", "")] * 2
    )
    for key, (status, reason) in zip(keys, fates, strict=True):
        broadcast.batch.items.filter(key=key).update(status=status, reason=reason)
    BatchRequest.objects.filter(pk=broadcast.pk).update(
        status="failed", pending=0, failed=3, unknown=1, succeeded=2
    )
    return Broadcast.objects.with_all().get(pk=broadcast.pk)


def page(broadcast: Broadcast, name: str = "broadcast-restart") -> str:
    return reverse(name, args=[broadcast.batch.program.slug, broadcast.pk])


def newest() -> BatchRequest:
    return BatchRequest.objects.order_by("-pk")[0]


def test_the_question_offers_to_leave_out_who_will_fail_again(client: Client, ended: Broadcast) -> None:
    text = client.get(page(ended)).content.decode()
    assert "3 failed, 0 not sent. The 2 who have it are left out." in text
    assert "Leave out the 2 who will likely fail again" in text
    assert "Also 1 unknown: they may get it twice" in text
    assert "Restart for 3" in text
    client.post(page(ended), {"leave_out_hopeless": "on"})
    assert newest().total == 1


def test_without_a_tick_all_who_failed_are_tried_again_and_the_unknown_are_not(
    client: Client, ended: Broadcast
) -> None:
    client.post(page(ended))
    assert newest().total == 3


def test_both_ticks_go_together(client: Client, ended: Broadcast) -> None:
    client.post(page(ended), {"leave_out_hopeless": "on", "include_unknown": "on"})
    assert newest().total == 2


def test_an_address_that_was_corrected_is_not_given_up(ended: Broadcast) -> None:
    assert restart_check(broadcast=ended).hopeless == 2
    key = ended.batch.items.filter(reason="5.1.1").values_list("key", flat=True)[0]
    Influencer.objects.filter(pk=key).update(email="right@example.com")
    assert restart_check(broadcast=ended).hopeless == 1


def test_a_choice_that_leaves_nobody_is_said_where_one_looks(client: Client, ended: Broadcast) -> None:
    ended.batch.items.filter(reason="5.2.2").update(reason="5.1.1")
    response = client.post(page(ended), {"leave_out_hopeless": "on"})
    assert response.status_code == 422
    assert "With this choice nobody is left to restart for." in response.content.decode()
    assert newest().pk == ended.pk


def test_restarts_are_numbered_and_their_title_can_be_another(
    client: Client, member: Membership, ended: Broadcast
) -> None:
    second = broadcast_restart(broadcast=ended, by=member.user).broadcast
    assert second.batch.name == "Your box 2"
    BatchRequest.objects.filter(pk=second.pk).update(status="failed", pending=0, failed=3)
    second.batch.items.update(status="failed")
    edit = page(second, "broadcast-restart-edit")
    assert 'value="Your box 3"' in client.get(edit).content.decode()
    client.post(edit, {"name": "Last call", "subject": second.subject, "body": second.body})
    assert newest().name == "Last call"


def test_a_title_is_only_ours(client: Client, ended: Broadcast) -> None:
    client.post(
        page(ended, "broadcast-restart-edit"), {"name": "Last call", "subject": "Your box", "body": "Hi"}
    )
    assert Broadcast.objects.get(pk=newest().pk).subject == "Your box"
