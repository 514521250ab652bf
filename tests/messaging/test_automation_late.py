"""After an outage nothing that was due on a date is lost in silence: a person sends it late or leaves it, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.states import Role
from batches.models import BatchRequest
from campaigns.models import Campaign, Participant
from messaging.automation.late import AlreadySettled, late_leave, late_send, lates_of
from messaging.jobs import date_deliveries_due
from messaging.models import AutomatedDelivery, Broadcast, Message, Template
from messaging.services.templates import Automation, template_save
from messaging.states import Delivery
from tests.campaigns.factories import CampaignFactory
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory, people

pytestmark = pytest.mark.django_db
Send = Callable[..., BatchRequest]
DAYS = [date(2026, 5, day) for day in (4, 5, 6, 7, 8)]


@pytest.fixture
def campaign(member: Membership) -> Campaign:
    """A campaign of the member's program, which goes by UTC."""
    member.program.time_zone = "UTC"
    member.program.save()
    return CampaignFactory.create(program=member.program)


def reminder(campaign: Campaign, **fields: Any) -> Template:
    """A template that has gone out two days before everybody's event since the beginning of May."""
    made: Template = TemplateFactory.create(
        program=campaign.program,
        name="Reminder",
        campaign=campaign,
        channel=ChannelFactory.create(program=campaign.program),
        **{
            "delivery": Delivery.DATE,
            "date_name": "event",
            "date_offset": -2,
            "automated_since": datetime(2026, 5, 1, tzinfo=UTC),
            **fields,
        },
    )
    return made


def due_on(campaign: Campaign, day: date, number: int, **fields: Any) -> list[int]:
    """So many participants whose event is two days after a day."""
    stage = campaign.stages.get(position=1)
    event = (day + timedelta(days=2)).isoformat()
    found = people(MembershipFactory.create(program=campaign.program), number, **fields)
    Participant.objects.bulk_create(
        Participant(campaign=campaign, influencer=one, stage=stage, dates={"event": event}) for one in found
    )
    return sorted(one.pk for one in found)


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def sent_to() -> list[int]:
    return sorted(AutomatedDelivery.objects.values_list("influencer_id", flat=True))


def outage(campaign: Campaign, **fields: Any) -> Template:
    """The scheduler looked on 4 May, was away on the 5th, 6th and 7th, and looks again on the 8th."""
    template = reminder(campaign, **fields)
    date_deliveries_due(at(DAYS[0]))
    date_deliveries_due(at(DAYS[4]))
    return template


def test_a_fixed_day_that_was_sent_before_an_outage_is_not_late(campaign: Campaign) -> None:
    reminder(campaign, on_date=DAYS[0], date_name="", date_offset=0)
    due_on(campaign, DAYS[0], 1)
    date_deliveries_due(at(DAYS[0]))
    assert lates_of(campaign.program, at(DAYS[4])) == []


def test_an_outage_of_three_days_is_told_by_day_and_sent_to_nobody_by_itself(campaign: Campaign) -> None:
    numbers = dict(zip(DAYS, (1, 2, 3, 0, 1), strict=True))
    ids = {day: due_on(campaign, day, number) for day, number in numbers.items() if number}
    template = outage(campaign)
    assert sent_to() == sorted(ids[DAYS[0]] + ids[DAYS[4]])
    (late,) = lates_of(campaign.program, at(DAYS[4]))
    assert late.template == template
    assert late.days == [(DAYS[1], 2), (DAYS[2], 3)]


def test_it_is_told_while_the_outage_goes_on_too(campaign: Campaign) -> None:
    reminder(campaign)
    due_on(campaign, DAYS[1], 2)
    date_deliveries_due(at(DAYS[0]))
    assert lates_of(campaign.program, at(DAYS[2], 6)) == []  # until 07:00 the day before is caught up with
    (late,) = lates_of(campaign.program, at(DAYS[2], 7))
    assert late.days == [(DAYS[1], 2)]


def test_a_fixed_date_that_was_missed_is_told(campaign: Campaign) -> None:
    due_on(campaign, DAYS[1], 2)
    outage(campaign, date_name="", date_offset=0, on_date=DAYS[2])
    (late,) = lates_of(campaign.program, at(DAYS[4]))
    assert late.days == [(DAYS[2], 2)]


def test_a_template_that_nothing_ever_looked_at_is_told_from_when_it_was_switched_on(
    campaign: Campaign,
) -> None:
    reminder(campaign, automated_since=at(DAYS[1]))
    due_on(campaign, DAYS[0], 4)
    due_on(campaign, DAYS[1], 2)
    date_deliveries_due(at(DAYS[3]))
    (late,) = lates_of(campaign.program, at(DAYS[3]))
    assert late.days == [(DAYS[1], 2)]


def test_what_was_sent_another_way_before_is_past_once_it_goes_out_on_dates(
    campaign: Campaign, member: Membership
) -> None:
    template = reminder(campaign, delivery=Delivery.STAGE, date_name="")
    due_on(campaign, (timezone.now() - timedelta(days=4)).date(), 2)
    on_dates = Automation(delivery=Delivery.DATE, channel=template.channel, date_name="event", date_offset=-2)
    template_save(
        program=campaign.program, by=member.user, name="Reminder", subject="", body="Soon",
        campaign=campaign, template=template, automation=on_dates,
    )  # fmt: skip
    date_deliveries_due(timezone.now())
    assert lates_of(campaign.program, timezone.now() + timedelta(days=1)) == []


def test_who_joins_after_days_that_were_looked_at_is_not_late(campaign: Campaign) -> None:
    reminder(campaign)
    for day in DAYS:
        date_deliveries_due(at(day))
    due_on(campaign, DAYS[2], 3)
    assert lates_of(campaign.program, at(DAYS[4])) == []
    date_deliveries_due(at(DAYS[4] + timedelta(days=1)))
    assert lates_of(campaign.program, at(DAYS[4] + timedelta(days=1))) == []


def test_who_joins_after_an_outage_that_missed_nobody_is_not_late(campaign: Campaign) -> None:
    outage(campaign)
    due_on(campaign, DAYS[2], 3)
    assert lates_of(campaign.program, at(DAYS[4])) == []


def test_sent_late_it_goes_out_once_to_those_who_were_missed_by_the_normal_path(
    campaign: Campaign, member: Membership, send: Send
) -> None:
    before = due_on(campaign, DAYS[0], 1)
    missed = due_on(campaign, DAYS[1], 2) + due_on(campaign, DAYS[3], 1)
    mute = due_on(campaign, DAYS[2], 1, first_name="Mute", email=None)
    template = outage(campaign)
    now = at(DAYS[4])
    batch = late_send(template=template, by=member.user, expected=4, now=now)
    assert (batch.kind, batch.listed, batch.requester) == ("automated", False, member.user)
    with pytest.raises(AlreadySettled):
        late_send(template=template, by=member.user, expected=4, now=now)
    with pytest.raises(AlreadySettled):
        late_leave(template=template, by=member.user, now=now)
    assert date_deliveries_due(now) == 0
    assert sent_to() == sorted(before + missed + mute)
    send(Broadcast.objects.get(batch=batch))
    reached = Message.objects.filter(batch_id=batch.pk).values_list("chat__influencer_id", flat=True)
    assert sorted(reached) == sorted(missed)
    assert lates_of(campaign.program, now) == []


def test_left_it_stays_unsent_and_what_is_due_next_goes_out(campaign: Campaign, member: Membership) -> None:
    due_on(campaign, DAYS[2], 2)
    template = outage(campaign)
    tomorrow = DAYS[4] + timedelta(days=1)
    ids = due_on(campaign, tomorrow, 1)
    late_leave(template=template, by=member.user, now=at(DAYS[4]))
    with pytest.raises(AlreadySettled):
        late_leave(template=template, by=member.user, now=at(DAYS[4]))
    assert lates_of(campaign.program, at(DAYS[4])) == []
    assert date_deliveries_due(at(tomorrow)) == 1
    assert sent_to() == ids
    entry = AuditEntry.objects.get(action="automation.left")
    assert (entry.actor, entry.subject, entry.detail["people"]) == (member.user, "Reminder", 2)


def test_a_second_outage_before_the_first_is_settled_adds_to_it(campaign: Campaign) -> None:
    due_on(campaign, DAYS[2], 2)
    outage(campaign)
    later = DAYS[4] + timedelta(days=2)
    due_on(campaign, later, 1)
    date_deliveries_due(at(later + timedelta(days=1)))
    (late,) = lates_of(campaign.program, at(later + timedelta(days=1)))
    assert late.days == [(DAYS[2], 2), (later, 1)]


def test_a_clock_that_is_put_back_makes_nothing_late(campaign: Campaign) -> None:
    reminder(campaign)
    due_on(campaign, DAYS[2], 1)
    for day in (DAYS[1], DAYS[2], DAYS[1], DAYS[2], DAYS[3]):
        date_deliveries_due(at(day))
    assert lates_of(campaign.program, at(DAYS[3])) == []


def missed_now(member: Membership, campaign: Campaign, number: int = 3) -> Template:
    """By the real clock: due three days ago, last looked at five days ago."""
    now = timezone.now()
    template = reminder(
        campaign,
        date_name="",
        on_date=(now - timedelta(days=3)).date(),
        automated_since=now - timedelta(days=9),
    )
    people_due = people(member, number)
    stage = campaign.stages.get(position=1)
    Participant.objects.bulk_create(
        Participant(campaign=campaign, influencer=one, stage=stage) for one in people_due
    )
    date_deliveries_due(now - timedelta(days=6))
    return template


def address(name: str, template: Template) -> str:
    return reverse(name, args=[template.program.slug, template.pk])


def text(response: Any) -> str:
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def test_the_page_and_the_dashboard_ask_and_a_second_press_is_told(
    campaign: Campaign, member: Membership, client: Client
) -> None:
    template = missed_now(member, campaign)
    client.force_login(member.user)
    overview = reverse("automation", args=[member.program.slug])
    page = text(client.get(overview))
    assert "“Reminder” was due for 3 people and didn't go out (on" in page
    assert "Send now to 3" in page
    assert "due for 3 people" in text(client.get(reverse("dashboard", args=[member.program.slug])))
    question = text(client.get(address("automation-send-late", template)))
    assert "3 messages go out by" in question
    assert "Send now to 3" in question
    assert client.post(address("automation-send-late", template), {"expected": "9" * 5000}).status_code == 422
    changed = client.post(address("automation-send-late", template), {"expected": "2"})
    assert changed.status_code == 422
    assert "You saw 2; now 3 match." in text(changed)
    assert sent_to() == []
    for words in ("goes out to 3 people now", "settled already"):
        pressed = client.post(address("automation-send-late", template), {"expected": "3"}, follow=True)
        assert words in text(pressed)
    assert len(sent_to()) == 3
    assert Broadcast.objects.count() == 1
    assert "settled already" in text(client.get(address("automation-leave-late", template), follow=True))
    assert "didn't go out" not in text(client.get(overview))


def test_thousands_are_sent_late_by_the_questions_own_form(
    campaign: Campaign, member: Membership, client: Client
) -> None:
    template = missed_now(member, campaign, 1_000)
    client.force_login(member.user)
    question = text(client.get(address("automation-send-late", template)))
    assert "Send now to 1,000" in question
    (expected,) = re.findall(r'name="expected" value="([^"]*)"', question)
    pressed = client.post(address("automation-send-late", template), {"expected": expected}, follow=True)
    assert "goes out to 1,000 people now" in text(pressed)


def test_leaving_is_asked_first_and_noted(campaign: Campaign, member: Membership, client: Client) -> None:
    template = missed_now(member, campaign)
    client.force_login(member.user)
    assert "3 people don't get it" in text(client.get(address("automation-leave-late", template)))
    assert "stays unsent" in text(client.post(address("automation-leave-late", template), follow=True))
    assert sent_to() == []
    assert AuditEntry.objects.filter(action="automation.left", actor=member.user).count() == 1


@pytest.mark.parametrize("name", ["automation-send-late", "automation-leave-late"])
def test_viewers_are_told_but_may_not_settle_and_others_see_nothing(
    campaign: Campaign, member: Membership, client: Client, name: str
) -> None:
    template = missed_now(member, campaign)
    viewer = MembershipFactory.create(program=member.program, role=Role.VIEWER)
    client.force_login(viewer.user)
    page = text(client.get(reverse("automation", args=[member.program.slug])))
    assert "was due for 3 people" in page
    assert "Send now" not in page
    assert client.post(address(name, template), {"expected": "3"}).status_code == 403
    other = MembershipFactory.create(role=Role.OWNER)
    client.force_login(other.user)
    assert client.post(address(name, template), {"expected": "3"}).status_code == 404
    foreign = reverse(name, args=[other.program.slug, template.pk])
    assert client.post(foreign, {"expected": "3"}).status_code == 404
    assert "Reminder" not in text(client.get(reverse("automation", args=[other.program.slug])))
    assert sent_to() == []
    assert len(lates_of(member.program, timezone.now())) == 1


def test_nothing_late_costs_one_query(campaign: Campaign) -> None:
    reminder(campaign)
    due_on(campaign, DAYS[2], 1)
    for day in DAYS:
        date_deliveries_due(at(day))
    with CaptureQueriesContext(connection) as found:
        assert lates_of(campaign.program, at(DAYS[4])) == []
    assert len(found) == 1
