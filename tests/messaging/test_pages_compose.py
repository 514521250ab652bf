"""Compose: counts before sending, errors where one looks, one broadcast for one press, and a draft that stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from campaigns.services import opt_out_set
from messaging.models import Broadcast, Channel, Draft, Template
from tests.campaigns.factories import CampaignFactory, crowd
from tests.factories import MembershipFactory
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import ChannelFactory, TemplateFactory, people, smtp_channel

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def channel(client: Client, member: Membership) -> Channel:
    client.force_login(member.user)
    made: Channel = ChannelFactory.create(program=member.program)
    return made


def form(channel: Channel, **fields: Any) -> dict[str, Any]:
    filled = {
        "composing": "yes",
        "to": "filter",
        "channel": channel.pk,
        "subject": "Your box",
        "body": "Hi {{ influencer.first_name }}",
        "when": "now",
        "exclude_past": "on",
        "key": "k1",
    }
    return {**filled, **fields}


def post(
    client: Client, member: Membership, data: dict[str, Any], name: str = "broadcast-new"
) -> tuple[int, str]:
    response = client.post(reverse(name, args=[member.program.slug]), data)
    return response.status_code, " ".join(response.content.decode().split())


def test_the_check_says_how_many_get_it_and_who_is_left_out_and_why(
    client: Client, member: Membership, channel: Channel
) -> None:
    crowd_of = people(member, 4)
    people(member, 2, email=None)
    people(member, 1, first_name="")
    opt_out_set(influencer=crowd_of[0], channel_type="email", reason="", by_person=True)
    _status, text = post(client, member, form(channel), "broadcast-check")
    assert "<strong>3</strong> of 7 will get it." in text
    assert "2: No e-mail address" in text
    assert "1: Opted out" in text
    assert "1 has no value for “influencer.first_name”" in text
    assert "Send to 3" in text


def test_the_preview_is_the_message_as_one_person_gets_it_and_the_next(
    client: Client, member: Membership, channel: Channel
) -> None:
    people(member, 1, first_name="Ana")
    people(member, 1, first_name="Bea")
    _status, first = post(client, member, form(channel), "broadcast-check")
    assert "Hi Ana" in first
    _status, second = post(client, member, form(channel, preview="2"), "broadcast-check")
    assert "Hi Bea" in second


def test_what_is_wrong_with_the_text_stands_beside_it(
    client: Client, member: Membership, channel: Channel
) -> None:
    people(member, 1)
    wrong = form(channel, body="Hi\n{{ influencer.frist_name }}")
    _status, text = post(client, member, wrong, "broadcast-check")
    assert "Line 2: no variable “frist_name”. Did you mean first_name?" in text
    status, text = post(client, member, {**wrong, "action": "send"})
    assert status == 422
    assert "Did you mean first_name?" in text
    assert not Broadcast.objects.exists()


def test_where_there_are_many_the_page_stands_before_they_are_counted(
    client: Client, member: Membership, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.composing.COUNTED_AT_ONCE", 2)
    people(member, 3)
    opened = client.get(reverse("broadcast-new", args=[member.program.slug])).content.decode()
    assert "Counting who gets it" in opened
    assert "will get it." not in opened
    _status, counted = post(client, member, form(channel, look="yes"), "broadcast-check")
    assert "<strong>3</strong> of 3 will get it." in counted
    assert not Draft.objects.exists()  # nobody has written anything yet


def test_nothing_is_sent_before_somebody_could_see_to_how_many(
    client: Client, member: Membership, channel: Channel
) -> None:
    people(member, 3)
    status, text = post(client, member, form(channel, action="send", uncounted="yes"))
    assert (status, Broadcast.objects.count()) == (200, 0)
    assert "Nothing is sent yet." in text
    assert "Send to 3" in text
    assert 'name="uncounted"' not in text


def test_pressing_send_requests_one_broadcast_however_often_it_is_pressed(
    client: Client, member: Membership, channel: Channel
) -> None:
    people(member, 12)
    for _press in range(3):
        status, _text = post(client, member, form(channel, action="send", expected="12"))
        assert status == 302
    broadcast = Broadcast.objects.get()
    assert (broadcast.subject, broadcast.batch.total, broadcast.batch.listed) == ("Your box", 12, True)


def test_another_number_than_was_seen_asks_again_with_the_new_one(
    client: Client, member: Membership, channel: Channel
) -> None:
    people(member, 3)
    status, text = post(client, member, form(channel, action="send", expected="2"))
    assert status == 422
    assert "You saw 2; now 3 match." in text
    assert 'name="expected" value="3"' in text
    assert not Broadcast.objects.exists()


@pytest.mark.parametrize("saw", ["9" * 5000, "many"])
def test_a_number_that_nobody_can_have_seen_asks_again(
    client: Client, member: Membership, channel: Channel, saw: str
) -> None:
    people(member, 3)
    status, text = post(client, member, form(channel, action="send", expected=saw))
    assert status == 422
    assert "now 3 match." in text
    assert not Broadcast.objects.exists()


def test_nobody_is_an_error_where_one_looks(client: Client, member: Membership, channel: Channel) -> None:
    status, text = post(client, member, form(channel, action="send"))
    assert status == 422
    assert "Nobody is selected" in text


def test_people_of_a_campaign_or_of_one_of_its_stages(
    client: Client, member: Membership, channel: Channel
) -> None:
    campaign = CampaignFactory.create(program=member.program)
    crowd(campaign, 3)
    crowd(campaign, 2, stage=campaign.stages.get(position=2))
    people(member, 4)
    second = campaign.stages.get(position=2)
    data = form(channel, action="send", campaign=campaign.pk, body="{{ campaign.name }}")
    post(client, member, data)
    post(client, member, {**data, "stage": second.pk, "key": "k2", "body": "{{ stage.name }}"})
    sizes = list(BatchRequest.objects.order_by("pk").values_list("total", "campaign_name"))
    assert sizes == [(5, campaign.name), (2, campaign.name)]


def test_a_stage_of_another_campaign_or_program_is_refused(
    client: Client, member: Membership, channel: Channel
) -> None:
    one, two = CampaignFactory.create_batch(2, program=member.program)
    foreign = CampaignFactory.create()
    people(member, 1)
    for stage in (two.stages.get(position=1), foreign.stages.get(position=1)):
        data = form(channel, action="send", campaign=one.pk, stage=stage.pk)
        assert post(client, member, data)[0] == 422
    assert post(client, member, form(channel, action="send", campaign=foreign.pk))[0] == 422
    other = ChannelFactory.create()
    assert post(client, member, form(other, action="send"))[0] == 422
    assert not Broadcast.objects.exists()


def test_a_selection_of_another_page_is_carried_through(
    client: Client, member: Membership, channel: Channel
) -> None:
    chosen = people(member, 12)
    people(member, 5)
    ids = [person.pk for person in chosen]
    page = client.post(reverse("broadcast-new", args=[member.program.slug]), {"ids": ids})
    text = page.content.decode()
    assert f'name="ids" value="{",".join(str(one) for one in ids)}"' in text
    post(client, member, form(channel, action="send", to="selection", ids=ids))
    assert BatchRequest.objects.get().total == 12


def test_ten_or_fewer_go_ahead_of_all_bulk_work_and_are_not_listed(
    client: Client, member: Membership, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.views.sent.WAIT_SECONDS", 0.0)
    chosen = people(member, 3)
    ids = [person.pk for person in chosen]
    assert post(client, member, form(channel, action="send", to="selection", ids=ids))[0] == 302
    batch = BatchRequest.objects.get()
    assert (batch.lane, batch.listed, batch.total) == ("express", False, 3)


def test_ids_of_another_program_are_nobody(client: Client, member: Membership, channel: Channel) -> None:
    strangers = people(MembershipFactory.create(), 3)
    ids = [person.pk for person in strangers]
    status, text = post(client, member, form(channel, action="send", to="selection", ids=ids))
    assert (status, "Nobody is selected" in text) == (422, True)


@pytest.mark.parametrize("ids", ["x", "1;2", "9" * 40, "-1"])
def test_a_selection_that_is_none_is_answered_in_words(
    client: Client, member: Membership, channel: Channel, ids: str
) -> None:
    people(member, 1)
    status, text = post(client, member, form(channel, action="send", to="selection", ids=ids))
    assert (status, "can&#x27;t be read" in text) == (422, True)


def test_later_is_scheduled_in_the_programs_time_zone(
    client: Client, member: Membership, channel: Channel
) -> None:
    member.program.time_zone = "Asia/Tokyo"
    member.program.save()
    people(member, 1)
    day = (timezone.now() + timedelta(days=2)).date()
    data = form(channel, action="send", when="later", scheduled_for=f"{day}T09:00")
    assert post(client, member, data)[0] == 302
    batch = BatchRequest.objects.get()
    assert batch.status == "scheduled"
    assert batch.scheduled_for is not None
    assert (batch.scheduled_for.hour, batch.scheduled_for.date()) == (0, day)


@pytest.mark.parametrize("moment", ["2020-01-01T09:00", "", "soon", "2999-01-01T09:00"])
def test_a_time_that_cannot_be_is_refused(
    client: Client, member: Membership, channel: Channel, moment: str
) -> None:
    people(member, 1)
    assert post(client, member, form(channel, action="send", when="later", scheduled_for=moment))[0] == 422
    assert not Broadcast.objects.exists()


def test_a_draft_is_kept_and_comes_back_and_goes_with_the_sending(
    client: Client, member: Membership, channel: Channel
) -> None:
    people(member, 12)
    post(client, member, form(channel, subject="Half written"), "broadcast-check")
    page = client.get(reverse("broadcast-new", args=[member.program.slug])).content.decode()
    assert "Half written" in page
    assert "This is your draft" in page
    post(client, member, form(channel, action="send"))
    page = client.get(reverse("broadcast-new", args=[member.program.slug])).content.decode()
    assert "Half written" not in page
    assert "body" not in Draft.objects.get().content


def test_a_draft_with_words_is_thrown_away_only_after_a_question(
    client: Client, member: Membership, channel: Channel
) -> None:
    ana, bea = people(member, 2)
    post(client, member, form(channel, subject="Half written"), "broadcast-check")
    selected = {"ids": f"{ana.pk},{bea.pk}"}
    status, question = post(client, member, selected, "broadcast-discard")
    assert status == 200
    assert "Throw this draft away?" in question
    assert "“Half written”" in question
    assert Draft.objects.get().content["subject"] == ["Half written"]
    status, page = post(client, member, {**selected, "sure": "yes"}, "broadcast-discard")
    assert (status, "Half written" in page) == (200, False)
    assert f'name="ids" value="{ana.pk},{bea.pk}"' in page  # who was selected elsewhere still is
    assert "subject" not in Draft.objects.get().content


def test_a_draft_without_words_goes_without_a_question(
    client: Client, member: Membership, channel: Channel
) -> None:
    post(client, member, form(channel, subject="", body=" "), "broadcast-check")
    assert post(client, member, {}, "broadcast-discard")[0] == 302
    assert "body" not in Draft.objects.get().content


def test_a_test_goes_to_oneself_alone(
    client: Client, member: Membership, channel: Channel, smtp_server: SmtpServer
) -> None:
    people(member, 2, first_name="Ana")
    post(client, member, form(smtp_channel(member, smtp_server), action="test"))
    assert smtp_server.addresses() == [member.user.email]
    assert smtp_server.messages[0].subject == "[Test] Your box"
    assert "Hi Ana" in smtp_server.messages[0].text
    assert not Broadcast.objects.exists()


def test_a_test_that_is_refused_says_why(
    client: Client, member: Membership, channel: Channel, smtp_server: SmtpServer
) -> None:
    people(member, 1)
    smtp_server.on_rcpt = lambda address: "550 5.1.1 No such mailbox"
    _status, text = post(client, member, form(smtp_channel(member, smtp_server), action="test"))
    assert "The test was not sent. No such mailbox" in text


def test_a_templates_text_is_put_in_and_a_text_is_kept_as_a_template(
    client: Client, member: Membership, channel: Channel
) -> None:
    template = TemplateFactory.create(program=member.program, subject="Kept subject")
    _status, text = post(client, member, form(channel, action="use_template", template=template.pk, body="x"))
    assert "Kept subject" in text
    post(client, member, form(channel, action="save_template", subject="New one"))
    assert Template.objects.filter(name="New one").exists()


def test_a_reply_goes_to_one_person(
    client: Client, member: Membership, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.views.sent.WAIT_SECONDS", 0.0)
    (person,) = people(member, 1)
    chat = person.chats.create(program=member.program, channel=channel)
    url = reverse("chat-reply", args=[member.program.slug, chat.pk])
    assert client.post(url, {"body": "Thank you"}).status_code == 302
    assert Broadcast.objects.get().batch.total == 1
    assert client.post(url, {"body": ""}).status_code == 422


@pytest.mark.parametrize(("chosen", "hours"), [({"time_limit": "6"}, 6), ({}, 24)])
def test_a_message_gives_up_after_the_time_that_is_chosen(
    client: Client, member: Membership, channel: Channel, chosen: dict[str, str], hours: int
) -> None:
    people(member, 2)
    post(client, member, form(channel, action="send", expected="2", **chosen))
    broadcast = Broadcast.objects.get()
    page = client.get(reverse("broadcast", args=[member.program.slug, broadcast.pk])).content.decode()
    assert broadcast.time_limit == hours
    assert f"{hours} hours" in page
