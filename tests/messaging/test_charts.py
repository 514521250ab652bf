"""The chart of a log: the numbers of the tallies, over time, drawn and as a table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from messaging.charts import STEPS, chart_lately, chart_of
from messaging.models import Broadcast, Channel
from messaging.receipts import simulated_receipts_due
from tests.messaging.factories import QUIET, ChannelFactory, people, request_broadcast

Send = Callable[..., BatchRequest]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def sent(member: Membership, send: Send) -> Broadcast:
    """A broadcast to four people, all of whom have it."""
    people(member, 4)
    settings = {**QUIET, "delivered": 100}
    broadcast = request_broadcast(member, ChannelFactory.create(program=member.program, settings=settings))
    send(broadcast)
    simulated_receipts_due()
    return Broadcast.objects.with_all().get(pk=broadcast.pk)


def test_the_lines_end_at_the_numbers_of_the_log(sent: Broadcast) -> None:
    chart = chart_of(sent)
    assert chart is not None
    assert {line.name: line.last for line in chart.lines} == {
        "sent": 4,
        "delivered": 4,
        "read": 0,
        "failed": 0,
    }
    assert [row.counts[0] for row in chart.rows] == sorted(row.counts[0] for row in chart.rows)
    assert len(chart.rows) == STEPS + 1


def test_it_takes_one_query(sent: Broadcast) -> None:
    with CaptureQueriesContext(connection) as found:
        chart_of(sent)
    assert len(found) == 1


def test_nothing_is_drawn_before_anything_has_gone_out(member: Membership) -> None:
    people(member, 1)
    assert chart_of(request_broadcast(member)) is None


def test_the_page_draws_it_in_words_too_and_as_a_table(
    client: Client, member: Membership, sent: Broadcast
) -> None:
    client.force_login(member.user)
    text = client.get(reverse("broadcast", args=[member.program.slug, sent.pk])).content.decode()
    assert "Handed over: 4. Delivered: 4. Read: 0. Failed: 0." in text
    assert text.count("<polyline") == 8
    assert text.count('<th scope="row">') == STEPS + 1


def test_a_chart_appears_on_a_page_that_was_open_before_anything_had_gone_out(
    member: Membership, send: Send
) -> None:
    people(member, 30)
    broadcast = request_broadcast(member, ChannelFactory.create(program=member.program, rate=10))
    assert chart_lately(broadcast) is None
    send(broadcast, until=lambda batch: batch.succeeded)
    running = Broadcast.objects.with_all().get(pk=broadcast.pk)
    assert chart_lately(running) is not None


def test_what_a_channel_never_reports_is_not_drawn_as_nothing(sent: Broadcast) -> None:
    Channel.objects.filter(pk=sent.channel_id).update(type="smtp")
    chart = chart_of(Broadcast.objects.with_all().get(pk=sent.pk))
    assert chart is not None
    assert [line.name for line in chart.lines] == ["sent", "failed"]


def test_its_table_has_a_heading_for_each_number(client: Client, member: Membership, sent: Broadcast) -> None:
    Channel.objects.filter(pk=sent.channel_id).update(type="smtp")
    client.force_login(member.user)
    page = client.get(reverse("broadcast", args=[member.program.slug, sent.pk])).content.decode()
    table = page[page.index('id="chart-numbers"') : page.index("</table>", page.index('id="chart-numbers"'))]
    first_row = table[table.index("<tbody") :].split("</tr>")[0]
    assert table.count('scope="col"') - 1 == first_row.count("<td") == 2
