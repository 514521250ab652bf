"""Approved templates: picked from WhatsApp's own list, filled in as they want it, and sent with all their parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.refusals import NotPossible
from campaigns.models import Influencer
from campaigns.workflow import Mover, add
from messaging.approved import approved_body, approved_clean, approved_fit
from messaging.models import Broadcast, Channel, Message, Template
from messaging.rendering import TemplateFault
from messaging.services import offers_of
from tests.campaigns.factories import CampaignFactory
from tests.messaging.doubles.server import Answer, serving
from tests.messaging.doubles.whatsapp import ACCOUNT_ID, APP_SECRET, PHONE_NUMBER_ID, TOKEN, CloudApi
from tests.messaging.factories import ChannelFactory, people, request_broadcast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]
Send = Callable[..., BatchRequest]
LIST = json.loads((Path(__file__).parent / "payloads/whatsapp/message_templates.json").read_text())
IMAGE = "https://glow.example/spring.png"
RESERVATION = {
    "name": "reservation_confirmation",
    "language": "en_US",
    "header": {"type": "image", "value": IMAGE},
    "parameters": ["number_of_guests = 4", "day = Saturday", "first_name = {{ influencer.first_name }}"],
    "buttons": ["3 reply cancel-{{ influencer.external_id | default: 'none' }}"],
}
HELLO = {"name": "hello_world", "language": "en_US"}
COUPON = {
    "name": "coupon_code_fall2023_25off",
    "language": "en",
    "header": {"type": "text", "value": "Fall Sale"},
    "parameters": ["the end of August", "25OFF", "25%"],
    "buttons": ["1 code 25OFF", "2 url {{ influencer.first_name }}"],
}


@pytest.fixture
def api() -> CloudApi:
    return CloudApi(templates=LIST)


@pytest.fixture
def channel(member: Membership, api: CloudApi) -> Iterator[Channel]:
    cache.clear()
    with serving(api) as address:
        settings = {"phone_number_id": PHONE_NUMBER_ID, "version": "v23.0", "base_url": address}
        yield ChannelFactory.create(
            program=member.program,
            type="whatsapp",
            settings={**settings, "account_id": ACCOUNT_ID},
            secrets={"access_token": TOKEN, "app_secret": APP_SECRET},
            connections=3,
        )


@pytest.fixture
def zoe(member: Membership) -> Influencer:
    """Somebody who has never written, so that only an approved template reaches her."""
    (person,) = people(member, 1, first_name="Zoe", msisdn="4915100000001")
    return person


@pytest.fixture
def browser(member: Membership, client: Client) -> Client:
    client.force_login(member.user)
    return client


def test_the_list_is_what_is_approved_on_all_its_pages_and_is_asked_for_once(
    channel: Channel, api: CloudApi
) -> None:
    assert [one.name for one in offers_of(channel).all] == [
        "coupon_code_fall2023_25off", "hello_world", "reservation_confirmation", "store_visit",
    ]  # fmt: skip
    pages = api.listed
    assert pages == 3
    offers_of(channel)
    assert api.listed == pages
    offers_of(channel, anew=True)
    assert api.listed == 2 * pages


def test_a_list_that_cannot_be_had_says_why_and_stops_nobody(
    channel: Channel, zoe: Influencer, browser: Client
) -> None:
    channel.secrets["access_token"] = "wrong"
    channel.save()
    offers = offers_of(channel)
    assert offers.all == ()
    assert "Our access token has expired or is wrong" in offers.problem
    page = browser.post(compose_url(channel), composed(channel, action="use_approved"))
    assert "Our access token has expired or is wrong" in page.content.decode().replace("&#x27;", "'")


def test_named_variables_an_image_and_a_reply_go_out_as_documented(
    member: Membership, channel: Channel, api: CloudApi, zoe: Influencer, send: Send
) -> None:
    batch = send(request_broadcast(member, channel, approved=RESERVATION))
    assert (batch.succeeded, batch.failed) == (1, 0)
    assert api.messages[0]["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": IMAGE}}]},
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "number_of_guests", "text": "4"},
                {"type": "text", "parameter_name": "day", "text": "Saturday"},
                {"type": "text", "parameter_name": "first_name", "text": "Zoe"},
            ],
        },
        {
            "type": "button", "sub_type": "quick_reply", "index": "2",
            "parameters": [{"type": "payload", "payload": "cancel-none"}],
        },
    ]  # fmt: skip


def test_a_text_on_top_a_code_and_the_end_of_an_address_go_out_as_documented(
    member: Membership, channel: Channel, api: CloudApi, zoe: Influencer, send: Send
) -> None:
    batch = send(request_broadcast(member, channel, approved=COUPON))
    assert batch.succeeded == 1
    header, body, code, url = api.messages[0]["template"]["components"]
    assert header == {"type": "header", "parameters": [{"type": "text", "text": "Fall Sale"}]}
    assert [one["text"] for one in body["parameters"]] == ["the end of August", "25OFF", "25%"]
    assert (code["sub_type"], code["index"]) == ("copy_code", "0")
    assert code["parameters"] == [{"type": "coupon_code", "coupon_code": "25OFF"}]
    assert (url["sub_type"], url["index"], url["parameters"]) == (
        "url",
        "1",
        [{"type": "text", "text": "Zoe"}],
    )


def test_a_template_without_variables_has_no_parts(
    member: Membership, channel: Channel, api: CloudApi, zoe: Influencer, send: Send
) -> None:
    assert send(
        request_broadcast(member, channel, approved={"name": "hello_world", "language": "en_US"})
    ).succeeded
    assert api.messages[0]["template"] == {"name": "hello_world", "language": {"code": "en_US"}}


def test_an_address_of_a_file_that_is_none_for_somebody_skips_them(
    member: Membership, channel: Channel, api: CloudApi, zoe: Influencer, send: Send
) -> None:
    header = {"type": "image", "value": "{{ influencer.first_name }}"}
    batch = send(request_broadcast(member, channel, approved={**RESERVATION, "header": header}))
    assert (batch.skipped, api.messages) == (1, [])
    assert "https://" in batch.items.get().detail


@pytest.mark.parametrize(
    ("wanted", "change", "field", "words"),
    [
        (COUPON, {"parameters": ["one", "two"]}, "approved_parameters", "3 variables (1, 2, 3), and 2 are"),
        (COUPON, {"parameters": ["a = 1", "b = 2", "c = 3"]}, "approved_parameters", "numbers, not names"),
        (RESERVATION, {"parameters": ["4", "Saturday", "Zoe"]}, "approved_parameters", "have names"),
        (RESERVATION, {"header": None}, "approved_header", "wants an image"),
        (RESERVATION, {"header": {"type": "text", "value": "Hi"}}, "approved_header", "wants an image"),
        (RESERVATION, {"buttons": ["1 url x"]}, "approved_buttons", "Button 1 takes nothing"),
        (RESERVATION, {"buttons": ["4 reply x"]}, "approved_buttons", "no button 4"),
        (COUPON, {"buttons": ["1 code 25OFF"]}, "approved_buttons", "Button 2 (Shop now) wants something"),
        (HELLO, {"header": {"type": "text", "value": "Hi"}}, "approved_header", "nothing on top"),
        ({**HELLO, "name": "store_visit"}, {}, "approved_name", "LOCATION"),
    ],
)  # fmt: skip
def test_what_a_template_does_not_want_is_said_at_its_field(
    channel: Channel, wanted: dict[str, Any], change: dict[str, Any], field: str, words: str
) -> None:
    kept = approved_clean({**wanted, **change})
    offer = offers_of(channel).named(kept["name"], kept["language"])
    with pytest.raises(TemplateFault) as fault:
        approved_fit(kept, offer)
    assert fault.value.field == field
    assert words in str(fault.value)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"parameters": ["1 =", "2 = x"]}, "approved_parameters", "“1” is empty"),
        ({"parameters": ["2 = x", "3 = y"]}, "approved_parameters", "Number the variables"),
        ({"buttons": ["Shop now"]}, "approved_buttons", "“Shop now”: write the button's number"),
        ({"buttons": ["2 url …"]}, "approved_buttons", "Button 2 is empty"),
        ({"buttons": ["2 url {{ influencer.frist_name }}"]}, "approved_buttons", "first_name"),
        ({"header": {"type": "image", "value": "ftp://x"}}, "approved_header", "https://"),
        ({"header": {"type": "text", "value": "{{ oops"}}, "approved_header", ""),
    ],
)
def test_what_cannot_be_read_is_said_without_asking_whatsapp(
    change: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(TemplateFault) as fault:
        approved_clean({**COUPON, **change})
    assert fault.value.field == field
    assert words in str(fault.value)


def test_chats_show_the_approved_words_with_what_was_filled_in(
    member: Membership, channel: Channel, zoe: Influencer, send: Send
) -> None:
    offer = offers_of(channel).named("reservation_confirmation", "en_US")
    send(request_broadcast(member, channel, approved=approved_fit(approved_clean(RESERVATION), offer)))
    body = Message.objects.get().body
    assert "Your reservation for 4 at Lucky Shrub Eatery on Saturday is confirmed, Zoe." in body
    assert approved_body(approved_clean(RESERVATION)).startswith("[reservation_confirmation, en_US]")


# --- on the pages -----------------------------------------------------------------------------------------------------------


def compose_url(channel: Channel) -> str:
    return reverse("broadcast-new", args=[channel.program.slug])


def composed(channel: Channel, **fields: Any) -> dict[str, Any]:
    return {
        "composing": "yes", "action": "send", "to": "filter", "when": "now", "channel": channel.pk, "body": "",
        "key": "once", **fields,
    }  # fmt: skip


def words_of(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("&#x27;", "'").split())


def test_compose_offers_the_list_fills_in_what_is_wanted_and_refuses_what_is_not(
    browser: Client, channel: Channel, zoe: Influencer
) -> None:
    url = compose_url(channel)
    listed = words_of(browser.post(url, composed(channel, action="use_approved")))
    assert "reservation_confirmation · en_US · utility" in listed
    assert "spam_box" not in listed

    picked = {"approved_pick": "reservation_confirmation|en_US"}
    page = words_of(browser.post(url, composed(channel, action="use_approved", **picked)))
    assert "The Luckiest Eatery in Town!" in page
    assert "number_of_guests = day = first_name = {{ influencer.first_name }}" in page

    fields = {"approved_name": "reservation_confirmation", "approved_language": "en_US"}
    refused = browser.post(url, composed(channel, **fields, approved_parameters="number_of_guests = 4"))
    assert refused.status_code == 422
    assert "It has 3 variables (number_of_guests, day, first_name), and 1 are filled in." in words_of(refused)
    assert not Broadcast.objects.exists()

    right = {
        **fields, "approved_header_type": "image", "approved_header": IMAGE,
        "approved_parameters": "\r\n".join(RESERVATION["parameters"]),
    }  # fmt: skip
    checked = words_of(browser.post(url, composed(channel, **{**right, "action": "check"})))
    assert "Your reservation for 4 at Lucky Shrub Eatery on Saturday is confirmed, Zoe." in checked
    assert browser.post(url, composed(channel, **right)).status_code == 302
    kept = Broadcast.objects.get().approved
    assert (kept["names"], kept["header"]) == (
        ["number_of_guests", "day", "first_name"], {"type": "image", "value": IMAGE},
    )  # fmt: skip


def test_a_template_of_ours_keeps_an_approved_one_which_goes_out_by_itself_to_the_silent(
    browser: Client, member: Membership, channel: Channel, api: CloudApi, zoe: Influencer, send: Send
) -> None:
    stage = CampaignFactory.create(program=member.program).stages.get(position=1)
    url = reverse("template-new", args=[member.program.slug])
    fields = {"name": "Welcome", "delivery": "stage", "channel": channel.pk, "stages": stage.pk, "body": ""}
    picked = browser.post(url, {**fields, "action": "use_approved", "approved_pick": "hello_world|en_US"})
    assert "Welcome and congratulations!!" in words_of(picked).split('id="preview"')[1]
    approved = {"approved_name": "hello_world", "approved_language": "en_US"}
    wrong = browser.post(url, {**fields, **approved, "approved_parameters": "one"})
    assert wrong.status_code == 422
    assert "It has 0 variables (none), and 1 are filled in." in words_of(wrong)
    assert browser.post(url, {**fields, **approved}).status_code == 302
    template = Template.objects.get()
    assert template.body == "Welcome and congratulations!!"

    with transaction.atomic():
        add(to_stage=stage, influencer_ids=[zoe.pk], by=Mover.of(member.user))
    assert send(Broadcast.objects.get()).succeeded == 1
    assert api.messages[0]["template"]["name"] == "hello_world"
    assert Message.objects.get().body == "Welcome and congratulations!!"
    edited = browser.get(reverse("template", args=[member.program.slug, template.pk]))
    assert 'value="hello_world"' in words_of(edited)


def test_a_template_with_an_approved_one_goes_by_mail_as_text(
    member: Membership, channel: Channel, zoe: Influencer
) -> None:
    with pytest.raises(NotPossible, match="no approved templates"):
        request_broadcast(member, approved=COUPON)


def test_a_list_of_another_form_is_an_empty_one(channel: Channel, api: CloudApi) -> None:
    api.templates = [
        {"status": "APPROVED"},
        {"name": "x", "language": "en", "status": "APPROVED", "components": 3},
    ]
    assert offers_of(channel).all == ()


def test_an_answer_that_is_no_list_is_said(channel: Channel) -> None:
    with serving(lambda request: Answer(502, "<html>Bad Gateway</html>")) as address:
        channel.settings["base_url"] = address
        channel.save()
        assert "502" in offers_of(channel).problem
