"""Logs and a log's page: what they say, how they narrow down, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from batches.services import batch_stop
from messaging.models import Broadcast
from messaging.receipts import simulated_receipts_due
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, people, request_broadcast

Send = Callable[..., BatchRequest]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def logged_in(client: Client, member: Membership) -> Client:
    client.force_login(member.user)
    return client


def address(member: Membership, name: str, *parts: Any) -> str:
    return reverse(name, args=[member.program.slug, *parts])


def text_of(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return " ".join(body.decode().split())


def test_an_empty_page_says_what_to_do_first(logged_in: Client, member: Membership) -> None:
    assert "Nothing sent yet" in text_of(logged_in, address(member, "broadcasts"))


def test_a_row_says_who_wrote_what_and_how_far_it_is(logged_in: Client, member: Membership) -> None:
    people(member, 3)
    request_broadcast(member)
    text = text_of(logged_in, address(member, "broadcasts"))
    assert "Your box" in text
    assert "0 of 3 sent" in text
    assert "Stop" in text


def test_what_is_scheduled_can_be_cancelled_in_its_row_as_on_its_page(
    logged_in: Client, member: Membership
) -> None:
    people(member, 3)
    request_broadcast(member, scheduled_for=timezone.now() + timedelta(days=2))
    row = text_of(logged_in, address(member, "broadcasts"))
    assert "Cancel</a>" in row
    assert "Stop</a>" not in row


def test_the_numbers_add_up_in_sight_and_each_leads_to_its_people(
    logged_in: Client, member: Membership, send: Send
) -> None:
    people(member, 4)
    people(member, 1, first_name="Mute", email=None)
    broadcast = request_broadcast(member)
    send(broadcast)
    url = address(member, "broadcast", broadcast.pk)
    text = text_of(logged_in, url)
    assert "4 + 0 + 1 + 0 + 0 = 5" in text
    assert "Successful chats" in text
    assert "Mute" not in text
    skipped = text_of(logged_in, f"{url}?status=skipped")
    assert "Mute" in skipped
    assert "No e-mail address" in skipped


def test_shares_name_their_whole_and_the_sandbox_says_that_it_simulates(
    logged_in: Client, member: Membership, send: Send
) -> None:
    people(member, 4)
    settings = {"delivered": 100, "read": 0, "failed": 0, "late": 0, "latency": 0, "receipts_after": 0}
    broadcast = request_broadcast(member, ChannelFactory.create(program=member.program, settings=settings))
    send(broadcast)
    simulated_receipts_due()
    text = text_of(logged_in, address(member, "broadcast", broadcast.pk))
    assert "4 delivered (100% of 4), 0 read (0% of those)" in text
    assert "All 4 got it" in text
    assert "Simulated" in text


def test_a_channel_that_reports_nothing_shows_a_dash_and_says_so(
    logged_in: Client, member: Membership
) -> None:
    people(member, 1)
    channel = ChannelFactory.create(
        program=member.program, type="smtp", settings={"host": "localhost", "port": 25, "security": "none"}
    )
    broadcast = request_broadcast(member, channel)
    assert "not reported" in text_of(logged_in, address(member, "broadcasts"))
    assert "reports nothing" in text_of(logged_in, address(member, "broadcast", broadcast.pk))


def test_a_search_finds_by_name_and_address(logged_in: Client, member: Membership, send: Send) -> None:
    people(member, 2)
    people(member, 1, first_name="Zoé", last_name="Lund", email="zoe@lund.example")
    broadcast = request_broadcast(member)
    send(broadcast)
    url = address(member, "broadcast", broadcast.pk)
    for words in ("zoé", "zoe@lund"):
        found = text_of(logged_in, f"{url}?q={words}")
        assert "zoe@lund.example" in found
        assert "bea" not in found.split("Successful chats")[1]
    assert "No match" in text_of(logged_in, f"{url}?q=nobody")


@pytest.mark.parametrize(
    "query", ["status=bogus", "page=99999", "page=x", "q=%00", "reason=" + "x" * 100, "tab=nope"]
)
def test_an_address_that_nobody_was_given_is_answered_with_a_page(
    logged_in: Client, member: Membership, query: str
) -> None:
    people(member, 1)
    broadcast = request_broadcast(member)
    for name, parts in (("broadcast", [broadcast.pk]), ("broadcasts", [])):
        text_of(logged_in, f"{address(member, name, *parts)}?{query}")


def test_every_person_can_be_had_as_a_file(logged_in: Client, member: Membership, send: Send) -> None:
    people(member, 3)
    broadcast = request_broadcast(member)
    send(broadcast)
    url = address(member, "broadcast-export", broadcast.pk)
    lines = text_of(logged_in, f"{url}?format=csv&status=succeeded")
    assert lines.count("@example.com") == 3
    assert logged_in.get(f"{url}?format=xlsx").status_code == 200
    assert logged_in.get(f"{url}?format=pdf").status_code == 400


def test_the_poller_gets_nothing_while_nothing_changed(
    logged_in: Client, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else a busy machine's batch stalls for want of workers between two looks, and that is a change.
    monkeypatch.setattr("batches.presentation.progress.QUIET_AFTER", timedelta(hours=1))
    people(member, 1)
    broadcast = request_broadcast(member)
    url = address(member, "broadcast", broadcast.pk)
    asked = {"HX-Request": "true", "HX-Target": "live"}
    first = logged_in.get(url, headers=asked)
    assert first.status_code == 200
    again = logged_in.get(url, headers={**asked, "HX-Live-Version": first["HX-Live-Version"]})
    assert again.status_code == 204
    batch_stop(batch=broadcast.batch, by=member.user)
    changed = logged_in.get(url, headers={**asked, "HX-Live-Version": first["HX-Live-Version"]})
    assert "Stopped" in changed.content.decode()


def test_a_restart_is_asked_for_with_its_consequence_and_leads_to_the_new_log(
    logged_in: Client, member: Membership
) -> None:
    people(member, 3)
    broadcast = request_broadcast(member)
    batch_stop(batch=broadcast.batch, by=member.user)
    url = address(member, "broadcast-restart", broadcast.pk)
    question = text_of(logged_in, url)
    assert "0 failed, 3 not sent" in question
    assert "Restart for 3" in question
    response = logged_in.post(url)
    newest = Broadcast.objects.order_by("-pk")[0]
    assert response["Location"] == address(member, "broadcast", newest.pk)
    assert logged_in.post(url)["Location"] == address(member, "broadcast", newest.pk)
    assert Broadcast.objects.count() == 2


def test_the_message_can_be_edited_before_it_restarts(logged_in: Client, member: Membership) -> None:
    people(member, 1)
    broadcast = request_broadcast(member)
    batch_stop(batch=broadcast.batch, by=member.user)
    url = address(member, "broadcast-restart-edit", broadcast.pk)
    wrong = logged_in.post(url, {"subject": "Again", "body": "{{ influencer.frist_name }}"})
    assert "Did you mean first_name?" in wrong.content.decode()
    assert Broadcast.objects.count() == 1
    logged_in.post(url, {"subject": "Again", "body": "Hello"})
    assert Broadcast.objects.order_by("-pk")[0].body == "Hello"


def test_unknown_outcomes_are_decided_with_a_name(logged_in: Client, member: Membership, send: Send) -> None:
    people(member, 2)
    broadcast = request_broadcast(member)
    send(broadcast)
    broadcast.batch.items.update(status="unknown")
    BatchRequest.objects.filter(pk=broadcast.pk).update(succeeded=0, unknown=2)
    url = address(member, "broadcast-decide", broadcast.pk, "delivered")
    assert "Mark 2 delivered" in text_of(logged_in, url)
    logged_in.post(url)
    batch = BatchRequest.objects.get(pk=broadcast.pk)
    assert (batch.succeeded, batch.unknown) == (2, 0)
    assert member.user.email in text_of(
        logged_in, f"{address(member, 'broadcast', broadcast.pk)}?tab=timeline"
    )


def test_detail_shows_the_chat_with_the_messages_timeline(
    logged_in: Client, member: Membership, send: Send
) -> None:
    (person,) = people(member, 1, first_name="<b>Zoe</b>")
    broadcast = request_broadcast(member)
    send(broadcast)
    text = text_of(logged_in, address(member, "broadcast-recipient", broadcast.pk, person.pk))
    assert "Hi &lt;b&gt;Zoe&lt;/b&gt;" in text
    assert "Queued" in text
    assert "Sent" in text


def test_the_message_tab_shows_the_html_in_a_frame_and_the_text(
    logged_in: Client, member: Membership, send: Send
) -> None:
    people(member, 1)
    broadcast = request_broadcast(member)
    url = address(member, "broadcast", broadcast.pk)
    assert "<iframe" not in text_of(logged_in, f"{url}?tab=message")
    html = '<p onclick="x()">Hi <b>{{ influencer.first_name }}</b></p><script>alert(1)</script>'
    Broadcast.objects.filter(pk=broadcast.pk).update(html=html)
    page = text_of(logged_in, f"{url}?tab=message")
    framed = address(member, "broadcast-html", broadcast.pk)
    assert f'sandbox="" referrerpolicy="no-referrer" loading="lazy" src="{framed}"' in page
    assert "Hi {{ influencer.first_name }}" in page
    answer = logged_in.get(framed)
    assert "<p>Hi <b>{{ influencer.first_name }}</b></p>" in answer.content.decode()
    assert "alert" not in answer.content.decode()
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_the_html_of_a_message_is_only_for_members(member: Membership) -> None:
    people(member, 1)
    broadcast = request_broadcast(member)
    framed = address(member, "broadcast-html", broadcast.pk)
    outsider, viewer = (
        MembershipFactory.create(),
        MembershipFactory.create(program=member.program, role=Role.VIEWER),
    )
    for who, status in ((None, 302), (outsider, 404), (viewer, 200)):
        client = Client()
        if who is not None:
            client.force_login(who.user)
        assert client.get(framed).status_code == status
    foreign = framed.replace(member.program.slug, outsider.program.slug)
    client = Client()
    client.force_login(outsider.user)
    assert client.get(foreign).status_code == 404
