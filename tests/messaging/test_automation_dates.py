"""What goes out on a date goes out from 07:00 in the program's time zone: that day, to everybody due, once."""

from __future__ import annotations

import html
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.models import Campaign, Participant
from messaging.automation.days import due_day
from messaging.automation.late import lates_of
from messaging.jobs import date_deliveries_due
from messaging.models import AutomatedDelivery, Broadcast, Channel, Message, Template
from messaging.states import Delivery
from tests.campaigns.factories import CampaignFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
# A zone, and a day on which its clocks change. Lord Howe's go by half an hour, Santiago's at midnight.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Santiago", date(2026, 9, 6)),
]


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    """A campaign of the member's program, which is in Berlin."""
    in_zone(member, "Europe/Berlin")
    return CampaignFactory.create(program=member.program)


def in_zone(member: Membership, zone: str) -> None:
    member.program.time_zone = zone
    member.program.save()


def template_on(campaign: Campaign, **fields: Any) -> Template:
    made: Template = TemplateFactory.create(
        program=campaign.program,
        campaign=campaign,
        delivery=Delivery.DATE,
        channel=ChannelFactory.create(program=campaign.program),
        **{"automated_since": LONG_AGO, **fields},
    )
    return made


def participants(member: Membership, campaign: Campaign, number: int, **dates: str) -> list[int]:
    stage = campaign.stages.get(position=1)
    found = people(member, number)
    Participant.objects.bulk_create(
        Participant(campaign=campaign, influencer=person, stage=stage, dates=dates) for person in found
    )
    return [person.pk for person in found]


def local(zone: str, *when: int) -> datetime:
    """A moment by the clocks of a zone, as UTC: the scheduler's own clock."""
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type, misc]


def sent_to() -> list[int]:
    return sorted(AutomatedDelivery.objects.values_list("influencer_id", flat=True))


def test_a_fixed_date_is_sent_to_everybody_in_the_campaign_from_seven_on(
    member: Membership, campaign: Campaign, send: Send
) -> None:
    template_on(campaign, on_date=date(2026, 5, 4))
    ids = participants(member, campaign, 3)
    assert date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 6, 59)) == 0
    assert date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 7, 0)) == 1
    assert sent_to() == ids
    assert send(Broadcast.objects.get()).status == "completed"
    assert Message.objects.count() == 3


@pytest.mark.parametrize(("offset", "event"), [(-3, "2026-05-07"), (0, "2026-05-04"), (2, "2026-05-02")])
def test_days_before_and_after_a_date_of_the_participant(
    member: Membership, campaign: Campaign, offset: int, event: str
) -> None:
    template_on(campaign, date_name="event", date_offset=offset)
    due = participants(member, campaign, 2, event=event)
    participants(member, campaign, 2, event="2026-05-05")
    participants(member, campaign, 1)
    date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 9, 0))
    assert sent_to() == due


def test_a_date_that_a_manager_has_set_is_acted_on_that_day_and_named_in_the_message(
    member: Membership, campaign: Campaign, send: Send, client: Client
) -> None:
    template_on(campaign, date_name="event", date_offset=-3, body="See you on {{ participant.dates.event }}.")
    due, _other = participants(member, campaign, 2)
    client.force_login(member.user)
    address = reverse("selection-date", args=[member.program.slug, campaign.pk])
    form = {"ids": str(due), "date_name": "event", "day": "2030-05-04"}
    assert client.post(address, form).status_code == 302
    assert date_deliveries_due(local("Europe/Berlin", 2030, 5, 1, 6, 59)) == 0
    assert date_deliveries_due(local("Europe/Berlin", 2030, 5, 1, 7, 0)) == 1
    assert sent_to() == [due]
    assert send(Broadcast.objects.get()).status == "completed"
    assert "See you on 2030-05-04." in Message.objects.get().body


def test_only_those_at_the_chosen_stages_are_sent_it(member: Membership, campaign: Campaign) -> None:
    template = template_on(campaign, on_date=date(2026, 5, 4))
    template.stages.add(campaign.stages.get(name="Accepted"))
    accepted, *_others = participants(member, campaign, 3)
    Participant.objects.filter(influencer=accepted).update(stage=campaign.stages.get(name="Accepted"))
    date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 9, 0))
    assert sent_to() == [accepted]


def test_who_joins_later_that_day_is_sent_it_too_and_nobody_twice(
    member: Membership, campaign: Campaign
) -> None:
    template_on(campaign, on_date=date(2026, 5, 4))
    first = participants(member, campaign, 2)
    date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 7, 0))
    later = participants(member, campaign, 1)
    date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 15, 0))
    assert date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 15, 1)) == 0
    assert sent_to() == first + later


def test_a_scheduler_that_was_down_catches_up_within_a_day_and_no_later(
    member: Membership, campaign: Campaign
) -> None:
    template_on(campaign, on_date=date(2026, 5, 4))
    ids = participants(member, campaign, 1)
    assert date_deliveries_due(local("Europe/Berlin", 2026, 5, 5, 7, 0)) == 0
    assert date_deliveries_due(local("Europe/Berlin", 2026, 5, 5, 6, 59)) == 1
    assert sent_to() == ids


def test_dates_before_it_was_switched_on_are_past(member: Membership, campaign: Campaign) -> None:
    template_on(campaign, date_name="event", automated_since=local("Europe/Berlin", 2026, 5, 5, 1, 0))
    participants(member, campaign, 1, event="2026-05-04")
    assert date_deliveries_due(local("Europe/Berlin", 2026, 5, 5, 2, 0)) == 0


def test_a_crash_before_the_commit_loses_nothing_and_repeats_nothing(
    member: Membership, campaign: Campaign
) -> None:
    template_on(campaign, on_date=date(2026, 5, 4))
    ids = participants(member, campaign, 2)
    now = local("Europe/Berlin", 2026, 5, 4, 7, 0)
    with transaction.atomic():
        assert date_deliveries_due(now) == 1
        transaction.set_rollback(True)
    assert sent_to() == []
    assert date_deliveries_due(now) == 1
    assert date_deliveries_due(now) == 0
    assert sent_to() == ids


def test_a_clock_that_is_put_back_sends_nothing_twice(member: Membership, campaign: Campaign) -> None:
    template_on(campaign, on_date=date(2026, 5, 4))
    participants(member, campaign, 2)
    moments = [(7, 5), (6, 30), (7, 1), (0, 10), (23, 59), (7, 0)]
    assert sum(date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, *moment)) for moment in moments) == 1


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_send_it_once(member: Membership, campaign: Campaign, redis_db: Any) -> None:
    template_on(campaign, on_date=date(2026, 5, 4))
    ids = participants(member, campaign, 200)
    together = threading.Barrier(4)
    made: list[int] = []

    def schedule() -> None:
        together.wait()
        made.append(date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 7, 0)))
        connection.close()

    threads = [threading.Thread(target=schedule) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 0, 1]
    assert sent_to() == ids
    assert Broadcast.objects.get().batch.total == 200


@pytest.mark.parametrize(("zone", "changes_on"), CHANGES)
def test_across_a_change_of_the_clocks_each_day_is_sent_once_and_not_before_seven(
    member: Membership, campaign: Campaign, zone: str, changes_on: date
) -> None:
    in_zone(member, zone)
    template_on(campaign, date_name="event")
    days = [changes_on + timedelta(days=number) for number in (-1, 0, 1)]
    expected = {participants(member, campaign, 1, event=day.isoformat())[0]: day for day in days}
    began = local(zone, *(changes_on - timedelta(days=2)).timetuple()[:3], 12)
    halves = (began + timedelta(minutes=30 * number) for number in range(5 * 48))
    seen: dict[int, datetime] = {}
    # Around midnight, when the clocks change and from six to eight: all that a day's looks can differ by.
    for now in (one for one in halves if one.astimezone(ZoneInfo(zone)).hour in (0, 2, 3, 6, 7)):
        if date_deliveries_due(now):
            for pk in sent_to():
                seen.setdefault(pk, now)
    assert {pk: at.astimezone(ZoneInfo(zone)).date() for pk, at in seen.items()} == expected
    for at in seen.values():
        clock = at.astimezone(ZoneInfo(zone))
        assert (7, 0) <= (clock.hour, clock.minute) <= (7, 30)


@pytest.mark.parametrize(("zone", "changes_on"), CHANGES)
def test_at_any_minute_exactly_one_day_is_due_and_days_never_go_back(zone: str, changes_on: date) -> None:
    now = local(zone, *(changes_on - timedelta(days=1)).timetuple()[:3])
    minutes = [due_day(now + timedelta(minutes=minute), zone) for minute in range(3 * 24 * 60)]
    assert minutes == sorted(minutes)
    assert all(after - before <= timedelta(days=1) for before, after in itertools.pairwise(minutes))


def broken_template(campaign: Campaign, **fields: Any) -> Template:
    """A template whose approved message isn't kept in the form that it should have."""
    template = template_on(campaign, approved={"name": "reminder"}, **fields)
    Channel.objects.filter(templates=template).update(type="whatsapp")
    return template


def test_a_template_that_breaks_holds_up_no_other_is_told_and_tried_again(
    member: Membership, campaign: Campaign, client: Client
) -> None:
    broken = broken_template(campaign, name="Reminder", on_date=date(2026, 5, 4))
    fine = template_on(campaign, on_date=date(2026, 5, 4))
    ids = participants(member, campaign, 2)
    noon = local("Europe/Berlin", 2026, 5, 4, 12, 0)
    assert date_deliveries_due(noon) == 1
    assert set(AutomatedDelivery.objects.values_list("template", flat=True)) == {fine.pk}
    assert sent_to() == ids
    client.force_login(member.user)
    pages = [reverse(page, args=[member.program.slug]) for page in ("automation", "dashboard")]
    for page in pages:
        assert "“Reminder” can’t go out as it is: KeyError: ’language’" in words_of(client, page)
    Template.objects.filter(pk=broken.pk).update(approved={})
    assert date_deliveries_due(noon) == 1
    assert AutomatedDelivery.objects.filter(template=broken).count() == 2
    for page in pages:
        assert "go out as it is" not in words_of(client, page)


def words_of(client: Client, page: str) -> str:
    return html.unescape(client.get(page).content.decode()).replace("'", "’")


def test_a_template_that_was_broken_all_day_is_told_as_missed_once_it_is_whole(
    member: Membership, campaign: Campaign
) -> None:
    broken = broken_template(campaign, on_date=date(2026, 5, 4))
    participants(member, campaign, 2)
    date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 12, 0))
    Template.objects.filter(pk=broken.pk).update(approved={})
    the_day_after = local("Europe/Berlin", 2026, 5, 5, 12, 0)
    assert date_deliveries_due(the_day_after) == 0
    assert [late.people for late in lates_of(campaign.program, the_day_after)] == [2]


def test_each_program_goes_by_its_own_clocks(member: Membership, campaign: Campaign) -> None:
    in_zone(member, "America/New_York")
    template_on(campaign, on_date=date(2026, 5, 4))
    participants(member, campaign, 1)
    assert date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 12, 59)) == 0
    assert date_deliveries_due(local("Europe/Berlin", 2026, 5, 4, 13, 0)) == 1
