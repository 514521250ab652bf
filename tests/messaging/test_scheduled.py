"""A broadcast that waits for its time can be changed and cancelled; one that doesn't wait any more can not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchEvent
from batches.refusals import NotPossible
from batches.services import batch_resume, batch_stop
from messaging.models import Broadcast
from messaging.services import broadcast_change, broadcast_request
from tests.messaging.factories import ChannelFactory, TemplateFactory, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def scheduled(client: Client, member: Membership) -> Broadcast:
    """Two people, in two days, in a program of Tokyo's time."""
    member.program.time_zone = "Asia/Tokyo"
    member.program.save()
    people(member, 2)
    client.force_login(member.user)
    template = TemplateFactory.create(program=member.program, body="Hi", html="<p>Hi</p>")
    return broadcast_request(
        program=member.program,
        by=member.user,
        channel=ChannelFactory.create(program=member.program),
        subject="Box",
        body="Hi",
        template=template,
        audience=member.program.influencers.all(),
        scheduled_for=timezone.now() + timedelta(days=2),
    )


def change(client: Client, broadcast: Broadcast, **fields: Any) -> tuple[int, str]:
    day = (timezone.now() + timedelta(days=3)).date()
    data = {
        "subject": "Parcel",
        "body": "Hello {{ influencer.first_name }}",
        "scheduled_for": f"{day}T09:00",
        **fields,
    }
    response = client.post(
        reverse("broadcast-change", args=[broadcast.batch.program.slug, broadcast.pk]), data
    )
    return response.status_code, response.content.decode()


def test_its_page_offers_to_change_it_to_cancel_it_and_to_send_it_now(
    client: Client, scheduled: Broadcast
) -> None:
    page = client.get(
        reverse("broadcast", args=[scheduled.batch.program.slug, scheduled.pk])
    ).content.decode()
    for button in ("change", "stop", "resume"):
        assert f'id="{button}"' in page


def test_text_and_time_change_and_people_stay(
    client: Client, member: Membership, scheduled: Broadcast
) -> None:
    people(member, 3)
    assert change(client, scheduled)[0] == 302
    after = Broadcast.objects.get(pk=scheduled.pk)
    assert (after.subject, after.body, after.html) == ("Parcel", "Hello {{ influencer.first_name }}", "")
    assert (after.batch.name, after.batch.total, after.batch.status) == ("Parcel", 2, "scheduled")
    assert after.batch.scheduled_for is not None
    assert after.batch.scheduled_for.hour == 0  # nine in Tokyo
    assert BatchEvent.objects.filter(batch=after.batch, what="changed", who=member.user.email).exists()


def test_its_time_limit_is_offered_as_it_is_and_changes(client: Client, scheduled: Broadcast) -> None:
    Broadcast.objects.filter(pk=scheduled.pk).update(time_limit=5)  # as the API may ask for
    page = client.get(reverse("broadcast-change", args=[scheduled.batch.program.slug, scheduled.pk]))
    assert '<option value="5" selected>5 hours</option>' in page.content.decode()
    assert change(client, scheduled)[0] == 302  # says nothing of it
    assert Broadcast.objects.get(pk=scheduled.pk).time_limit == 5
    assert change(client, scheduled, time_limit="72")[0] == 302
    assert Broadcast.objects.get(pk=scheduled.pk).time_limit == 72
    status, text = change(client, scheduled, time_limit="9999")
    assert (status, "Select a valid choice" in text) == (422, True)


def test_html_goes_along_while_the_text_stays(client: Client, scheduled: Broadcast) -> None:
    change(client, scheduled, body="Hi")
    assert Broadcast.objects.get(pk=scheduled.pk).html == "<p>Hi</p>"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"body": "Hi {{ influencer.frist_name }}"}, "Did you mean first_name?"),
        ({"body": ""}, "This field is required"),
        ({"scheduled_for": "2020-01-01T09:00"}, "This time has passed"),
        ({"scheduled_for": ""}, "This field is required"),
        ({"scheduled_for": "2999-01-01T09:00"}, "more than a year ahead"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_changes(
    client: Client, scheduled: Broadcast, fields: dict[str, Any], words: str
) -> None:
    status, page = change(client, scheduled, **fields)
    assert (status, words in page) == (422, True)
    after = Broadcast.objects.get(pk=scheduled.pk)
    assert (after.body, after.batch.scheduled_for) == ("Hi", scheduled.batch.scheduled_for)


@pytest.mark.parametrize("act", [batch_stop, batch_resume])
def test_what_does_not_wait_any_more_cannot_be_changed(
    client: Client, member: Membership, scheduled: Broadcast, act: Any
) -> None:
    before = Broadcast.objects.get(pk=scheduled.pk)
    assert before.batch.status == "scheduled"
    act(batch=scheduled.batch, by=member.user)
    with pytest.raises(NotPossible):
        broadcast_change(
            broadcast=before,
            by=member.user,
            subject="x",
            body="y",
            scheduled_for=timezone.now() + timedelta(days=1),
        )
    assert change(client, scheduled)[0] == 302
    assert Broadcast.objects.get(pk=scheduled.pk).body == "Hi"
