"""Dates of participants: set and removed for any number of them, asked first in numbers, and used by what goes out on dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from batchadmin.accounts.models import AuditEntry, Membership
from batchadmin.accounts.states import Role
from batches.refusals import AudienceChanged, EmptyBatch
from campaigns.audience import Selection
from campaigns.models import Campaign, Participant
from campaigns.services import participants_date
from messaging.models import Template
from messaging.states import Delivery
from tests.campaigns.factories import CampaignFactory, crowd
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, TemplateFactory

DAY = date(2030, 5, 1)
ALL = {"who": "all", "filter": "", "date_name": "event", "day": "2030-05-01"}


def address(campaign: Campaign) -> str:
    return reverse("selection-date", args=[campaign.program.slug, campaign.pk])


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def dates(campaign: Campaign) -> list[dict[str, str]]:
    return list(campaign.participants.order_by("influencer").values_list("dates", flat=True))


def reminder(campaign: Campaign, **fields: Any) -> Template:
    made: Template = TemplateFactory.create(
        program=campaign.program,
        campaign=campaign,
        name="Reminder",
        delivery=Delivery.DATE,
        channel=ChannelFactory.create(program=campaign.program),
        **{
            "date_name": "event",
            "date_offset": -3,
            "automated_since": datetime(2026, 1, 1, tzinfo=UTC),
            **fields,
        },
    )
    return made


def test_all_that_match_get_the_date_and_keep_their_others(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    crowd(campaign, 30)
    invited = campaign.stages.get(name="Invited")
    crowd(campaign, 1, campaign.stages.get(name="Paid"))
    Participant.objects.filter(stage=invited).update(dates={"birthday": "2030-01-02"})
    form = {**ALL, "filter": f"stage={invited.pk}", "expected": "30"}
    answer = browser.post(address(campaign), form, follow=True)
    assert "“event” is 1 May 2030 for 30 more now." in text(answer)
    assert dates(campaign) == [{"birthday": "2030-01-02", "event": "2030-05-01"}] * 30 + [{}]
    entry = AuditEntry.objects.get(action="participants.dated")
    assert (entry.actor, entry.subject) == (manager.user, campaign.name)
    assert entry.detail == {"campaign": campaign.pk, "date": "event", "day": "2030-05-01", "people": 30}


def test_the_question_says_in_numbers_who_has_which_day_and_what_goes_out(
    browser: Client, campaign: Campaign
) -> None:
    ids = crowd(campaign, 1_200)
    Participant.objects.filter(influencer=ids[0]).update(dates={"event": "2030-05-01"})
    Participant.objects.filter(influencer__in=ids[1:4]).update(dates={"event": "2029-05-01"})
    reminder(campaign)
    question = text(browser.get(address(campaign), ALL))
    assert "Set “event” to 1 May 2030 for 1,200 people?" in question
    assert "1,196 have none yet, 3 have another day now, 1 has this day already." in question
    assert "“Reminder” goes to 1,200 of them on 28 Apr 2030, from 07:00." in question
    assert Participant.objects.filter(dates={}).count() == 1_196


def test_the_question_says_when_the_day_has_passed_or_nobody_stands_where_it_goes(
    browser: Client, campaign: Campaign
) -> None:
    crowd(campaign, 2)
    template = reminder(campaign)
    passed = text(browser.get(address(campaign), {**ALL, "day": "2026-02-02"}))
    assert "“Reminder” is not sent: its day, 30 Jan 2026, has passed." in passed
    template.stages.add(campaign.stages.get(name="Paid"))
    assert "“Reminder” goes to nobody" in text(browser.get(address(campaign), ALL))


def test_a_date_is_removed_from_the_ticked(browser: Client, campaign: Campaign) -> None:
    ids = crowd(campaign, 3)
    Participant.objects.update(dates={"event": "2030-05-01", "birthday": "2030-01-02"})
    reminder(campaign)
    form = {"ids": f"{ids[0]},{ids[1]}", "expected": "2", "date_name": "event", "remove": "on"}
    question = text(browser.get(address(campaign), form))
    assert "Remove “event” from 2 people? " in question
    assert "2 have this date now." in question
    assert "“Reminder” is not sent to 2 of them any more." in question
    assert "“event” removed from 2." in text(browser.post(address(campaign), form, follow=True))
    kept = {"birthday": "2030-01-02"}
    assert dates(campaign) == [kept, kept, {**kept, "event": "2030-05-01"}]
    assert AuditEntry.objects.filter(action="participants.undated", detail__people=2).exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"date_name": ""}, "Write the name of the date, such as event."),
        ({"date_name": "event day"}, "letters from a to z, digits and underscores"),
        ({"date_name": "1st"}, "no digit first"),
        ({"date_name": "e" * 41}, "at most 40 characters"),
        ({"day": "2030-02-30"}, "There is no such day."),
        ({"day": "05/01/2030"}, "There is no such day."),
        ({"day": "0030-05-01"}, "The year has to be from 2000 to 2100."),
        ({"day": ""}, "one of the two"),
        ({"remove": "on"}, "one of the two"),
    ],
)
def test_a_bad_name_or_day_is_said_at_the_field_and_changes_nothing(
    browser: Client, campaign: Campaign, typed: dict[str, str], words: str
) -> None:
    crowd(campaign, 1)
    for answer in (
        browser.get(address(campaign), {**ALL, **typed}),
        browser.post(address(campaign), {**ALL, **typed}),
    ):
        assert answer.status_code == 422
        assert words in text(answer)
    assert dates(campaign) == [{}]


def test_names_with_two_underscores_are_counted_as_they_are(browser: Client, campaign: Campaign) -> None:
    crowd(campaign, 2)
    form = {**ALL, "date_name": "a__isnull"}
    browser.post(address(campaign), form)
    assert "2 have this day already." in text(browser.get(address(campaign), form))


def test_the_names_in_use_are_offered(browser: Client, campaign: Campaign) -> None:
    crowd(campaign, 2)
    Participant.objects.update(dates={"birthday": "2030-01-02"})
    reminder(campaign)
    page = text(browser.get(address(campaign), {"who": "all"}))
    assert '<option value="birthday"></option><option value="event"></option>' in page
    assert "is-invalid" not in page


def test_another_number_than_was_seen_is_asked_again_and_nothing_changes(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    crowd(campaign, 4)
    answer = browser.post(address(campaign), {**ALL, "expected": "3"})
    assert answer.status_code == 409
    assert "You saw 3; now 4 match." in text(answer)
    with pytest.raises(AudienceChanged):
        participants_date(
            selection=Selection(everything=True, expected=3),
            campaign=campaign,
            name="event",
            day=DAY,
            by=manager.user,
        )
    assert dates(campaign) == [{}] * 4
    assert not AuditEntry.objects.filter(action="participants.dated").exists()


def test_people_of_another_program_are_nobody(manager: Membership, campaign: Campaign) -> None:
    other = CampaignFactory.create()
    strangers = Selection(ids=tuple(crowd(other, 2)))
    with pytest.raises(EmptyBatch):
        participants_date(selection=strangers, campaign=campaign, name="event", day=DAY, by=manager.user)
    assert dates(other) == [{}] * 2


def test_any_number_is_one_statement(
    manager: Membership, campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    crowd(campaign, 200)
    with django_assert_num_queries(4):  # the transaction's two, the change, the audit entry
        everybody = Selection(everything=True)
        participants_date(selection=everybody, campaign=campaign, name="event", day=DAY, by=manager.user)


def test_the_profile_shows_dates_and_leads_managers_there_and_back(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    (zoe,) = crowd(campaign, 1)
    Participant.objects.update(dates={"event": "2030-05-01"})
    profile = reverse("influencer", args=[manager.program.slug, zoe])
    page = text(browser.get(profile))
    assert "<bdi>event</bdi>: <bdi>1 May 2030</bdi>" in page
    asked = f"{address(campaign)}?ids={zoe}&amp;from=profile"
    assert f'{asked}&amp;edit=1&amp;date_name=event&amp;day=2030-05-01"' in page
    assert f'{asked}"' in page
    form = {"ids": str(zoe), "from": "profile", "edit": "1", "date_name": "event", "day": "2030-05-01"}
    assert 'value="2030-05-01"' in text(browser.get(address(campaign), form))
    del form["edit"]
    assert browser.post(address(campaign), {**form, "day": "2031-05-01"})["Location"] == profile
    assert dates(campaign) == [{"event": "2031-05-01"}]
    viewer = MembershipFactory.create(program=manager.program, role=Role.VIEWER)
    browser.force_login(viewer.user)
    seen = text(browser.get(profile))
    assert "1 May 2031" in seen
    assert address(campaign) not in seen
