"""What becomes of a launch: who gets the message, at which address, saying what; who doesn't, and why."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchItem, BatchRequest, Notice
from batches.states import Lane
from campaigns.models import Influencer, OptOut
from campaigns.states import ChannelType, OptOutSource
from campaigns.suppressions import suppress
from messaging.models import Message, Trigger, TriggerLaunch
from messaging.services import channel_pause, channel_resume
from tests.fixtures.smtp import SmtpServer
from tests.messaging.factories import ChannelFactory, smtp_channel
from tests.messaging.triggers.factories import person, subscription, trigger_of

Ask = Callable[..., Any]
Send = Callable[[TriggerLaunch], BatchRequest]


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [one["profile_id"] for one in response.json()["result"]]


def newest() -> TriggerLaunch:
    return TriggerLaunch.objects.select_related("batch").latest("pk")


def test_each_profile_gets_the_message_with_what_the_launch_brought_along(
    manager: Membership, ask: Ask, send: Send, smtp_server: SmtpServer
) -> None:
    body = "Hi {{ influencer.first_name }}, order {apicontent.number} of { apicontent.shop.name } for {{ apicontent.sum }}"
    trigger = trigger_of(
        manager, channel=smtp_channel(manager, smtp_server), subject="Order {apicontent.number}", body=body
    )
    zoe, bea = person(manager, first_name="Zoe"), person(manager, first_name="Bea")
    content = {"number": 7, "shop": {"name": "Glow"}, "sum": "12 €"}
    data = [{"email": zoe.email}, {"email": bea.email}]
    assert ids(ask("start_batch", {"trigger_id": trigger.pk, "content": content, "data": data})) == [
        str(zoe.pk),
        str(bea.pk),
    ]
    assert send(newest()).status == "completed"
    assert {(one.recipients[0], one.subject, one.text.strip()) for one in smtp_server.messages} == {
        (zoe.email, "Order 7", "Hi Zoe, order 7 of Glow for 12 €"),
        (bea.email, "Order 7", "Hi Bea, order 7 of Glow for 12 €"),
    }
    assert sorted(Message.objects.values_list("status", "address")) == [
        ("sent", zoe.email),
        ("sent", bea.email),
    ]


def test_who_lacks_a_value_is_left_out_with_its_name(manager: Membership, ask: Ask, send: Send) -> None:
    trigger = trigger_of(manager, body="Order {apicontent.number}")
    zoe = person(manager)
    assert ids(ask("start", {"id": trigger.pk, "email": zoe.email})) == [str(zoe.pk)]
    batch = send(newest())
    assert list(batch.items.values_list("status", "reason", "detail")) == [
        ("skipped", "missing_variable", "apicontent.number")
    ]


def test_one_profile_is_named_at_the_root(manager: Membership, trigger: Trigger, ask: Ask) -> None:
    zoe = person(manager, msisdn="79000000000")
    document = {"id": trigger.pk, "matching": "phone", "phone": "+79000000000", "custom_data": {"a": 1}}
    assert ids(ask("start", document)) == [str(zoe.pk)]
    assert newest().custom_data == {"a": 1}
    assert newest().batch.lane == Lane.EXPRESS  # type: ignore[union-attr]


def test_who_is_not_found_or_skipped_is_absent_and_counted(
    manager: Membership, trigger: Trigger, ask: Ask, send: Send
) -> None:
    zoe, out = person(manager), person(manager)
    OptOut.objects.create(influencer=out, channel_type=ChannelType.EMAIL, reason="link in Spring")
    nowhere = person(manager, email=None, external_id="crm-1")
    data = [{"email": zoe.email}, {"email": out.email}, {"email": "who@example.com"}, {"email": zoe.email}]
    assert ids(ask("start_batch", {"trigger_id": trigger.pk, "data": data})) == [str(zoe.pk)]
    launch = newest()
    assert (launch.asked, launch.missed) == (4, 2)
    assert list(launch.misses.values_list("position", "value", "reason")) == [
        (3, "who@example.com", "not_found"),
        (4, zoe.email, "repeated"),
    ]
    assert skipped(launch) == [(out.pk, "opted_out", {"to": out.email, "by": out.email})]
    custom = {"matching": "custom", "field_name": "external_id", "data": [{"field_value": "crm-1"}]}
    assert ids(ask("start_batch", {"trigger_id": trigger.pk, **custom})) == []
    assert skipped(newest()) == [(nowhere.pk, "no_address", {"to": "", "by": "crm-1"})]
    assert send(launch).status == "completed"


def test_a_launch_that_finds_nobody_says_so_and_sends_nothing(trigger: Trigger, ask: Ask) -> None:
    assert ids(ask("start_batch", {"trigger_id": trigger.pk, "data": [{"email": "who@example.com"}]})) == []
    launch = newest()
    assert (launch.state, launch.batch, launch.missed) == ("launched", None, 1)


def addresses(launch: TriggerLaunch) -> list[tuple[str, str]]:
    items: Any = BatchItem.objects.filter(batch_id=launch.batch_id)
    return [(payload["to"], reason) for payload, reason in items.values_list("payload", "reason")]


def skipped(launch: TriggerLaunch) -> list[tuple[int, str, Any]]:
    items = BatchItem.objects.filter(batch_id=launch.batch_id, status="skipped")
    return list(items.values_list("key", "reason", "payload"))


def test_the_message_goes_to_the_subscription_by_which_somebody_was_found(
    manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    subscription(person(manager), "email", "zoe@work.example")
    ask("start_batch", {"trigger_id": trigger.pk, "data": [{"email": "zoe@work.example"}]})
    assert addresses(newest()) == [("zoe@work.example", "")]


def test_who_was_found_by_another_address_than_the_one_that_bounced_gets_the_message_there(
    manager: Membership, trigger: Trigger, ask: Ask, send: Send
) -> None:
    zoe = person(manager, email="gone@example.com")
    subscription(zoe, "email", "zoe.work@example.com")
    suppress(
        people={zoe.pk: "gone@example.com"}, channel_type="email", source=OptOutSource.BOUNCE, reason="No"
    )
    by_other = {
        "trigger_id": trigger.pk,
        "matching": "email_sub",
        "data": [{"email": "zoe.work@example.com"}],
    }
    assert ids(ask("start_batch", by_other)) == [str(zoe.pk)]
    assert send(newest()).succeeded == 1
    assert Message.objects.get().address == "zoe.work@example.com"
    by_own = {"trigger_id": trigger.pk, "data": [{"email": "gone@example.com"}]}
    assert ids(ask("start_batch", by_own)) == []


def test_a_subscription_that_was_not_opted_in_is_not_written_to(
    manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    subscription(person(manager), "email", "zoe@work.example", opted_in=False)
    assert ids(ask("start_batch", {"trigger_id": trigger.pk, "data": [{"email": "zoe@work.example"}]})) == []
    assert addresses(newest()) == [("zoe@work.example", "opted_out")]


def test_a_push_subscription_finds_the_profile_and_the_message_goes_by_the_trigger_s_channel(
    manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    zoe = person(manager)
    subscription(zoe, "push", provider="firebase", subscription_id="d1")
    data = [{"provider": "firebase", "subscription_id": "d1"}]
    assert ids(ask("start_batch", {"trigger_id": trigger.pk, "matching": "push_sub", "data": data})) == [
        str(zoe.pk)
    ]
    assert addresses(newest()) == [(zoe.email, "")]


def test_who_has_no_address_of_their_own_is_reached_by_a_subscription(
    manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    zoe = person(manager, email=None, external_id="crm-1")
    subscription(zoe, "email", "old@work.example", opted_in=False)
    subscription(zoe, "email", "new@work.example")
    custom = {"matching": "custom", "field_name": "external_id", "data": [{"field_value": "crm-1"}]}
    assert ids(ask("start_batch", {"trigger_id": trigger.pk, **custom})) == [str(zoe.pk)]
    assert addresses(newest()) == [("new@work.example", "")]


def test_a_file_goes_along(manager: Membership, ask: Ask, send: Send, smtp_server: SmtpServer) -> None:
    trigger = trigger_of(manager, channel=smtp_channel(manager, smtp_server))
    data = base64.b64encode(b"%PDF-1.4 invoice").decode()
    attach = [{"header": "../invoice.pdf", "data": f"data:application/pdf;base64,{data}"}]
    email = person(manager).email
    ids(ask("start_batch", {"trigger_id": trigger.pk, "data": [{"email": email}], "attach": attach}))
    send(newest())
    (file,) = smtp_server.messages[0].parsed.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("invoice.pdf", "application/pdf")
    assert file.get_content() == b"%PDF-1.4 invoice"


def test_files_go_by_e_mail_only(manager: Membership, ask: Ask) -> None:
    channel = ChannelFactory.create(program=manager.program, type="whatsapp")
    trigger = trigger_of(manager, channel=channel)
    attach = [{"header": "a.txt", "data": "data:,hi"}]
    data = [{"email": person(manager).email}]
    response = ask("start_batch", {"trigger_id": trigger.pk, "data": data, "attach": attach})
    assert (response.status_code, TriggerLaunch.objects.count()) == (400, 0)


def test_the_message_stays_as_it_was_when_it_was_launched(
    manager: Membership, ask: Ask, send: Send, smtp_server: SmtpServer
) -> None:
    trigger = trigger_of(manager, channel=smtp_channel(manager, smtp_server), body="Old")
    ids(ask("start", {"id": trigger.pk, "email": person(manager).email}))
    Trigger.objects.update(body="New", is_active=False)
    send(newest())
    assert smtp_server.messages[0].text.strip() == "Old"


def test_many_profiles_are_bulk_work_listed_nowhere_else_and_nobody_is_notified(
    manager: Membership, trigger: Trigger, ask: Ask, send: Send
) -> None:
    data = [{"email": person(manager).email} for _one in range(11)]
    assert len(ids(ask("start_batch", {"trigger_id": trigger.pk, "data": data}))) == 11
    launch = newest()
    batch = send(launch)
    assert (batch.type, batch.lane, batch.listed) == ("TriggerLaunch", Lane.BULK, False)
    assert not Notice.objects.exists()


def test_what_was_launched_waits_with_its_channel_and_goes_on_with_it_at_once(
    manager: Membership, trigger: Trigger, ask: Ask, browser: Client
) -> None:
    ask("start", {"id": trigger.pk, "email": person(manager).email})
    channel = channel_pause(channel=trigger.channel, by=manager.user)
    waits = {"wake_at": timezone.now() + timedelta(minutes=5), "wait_reason": "channel_paused"}
    BatchRequest.objects.update(**waits)
    shown = browser.get(reverse("channel", args=[manager.program.slug, channel.pk])).content.decode()
    assert "1 message waits, none failed for it." in shown
    listed = browser.get(reverse("channels", args=[manager.program.slug])).content.decode()
    assert '<td class="number" role="cell" data-label="Running">1</td>' in listed
    channel_resume(channel=channel, by=manager.user)
    assert list(BatchRequest.objects.values_list("wake_at", "wait_reason")) == [(None, "")]


def test_the_launch_is_known_to_the_one_who_made_the_token(
    manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    ids(ask("start", {"id": trigger.pk, "email": person(manager).email}))
    assert newest().requester == manager.user
    assert newest().token is not None
    assert newest().token.last_used_at is not None  # type: ignore[union-attr]


@pytest.mark.parametrize(("asked", "kept"), [(True, True), ("true", True), (False, False), (None, False)])
def test_a_launch_knows_whether_it_may_set_off_more(
    manager: Membership, trigger: Trigger, ask: Ask, asked: Any, kept: bool
) -> None:
    document = {"id": trigger.pk, "email": person(manager).email, "skip_triggers": asked}
    ids(ask("start", document))
    assert newest().skip_triggers is kept


def test_ten_thousand_profiles_are_launched_by_one_request(
    manager: Membership, trigger: Trigger, ask: Ask
) -> None:
    Influencer.objects.bulk_create(
        Influencer(program=manager.program, first_name="Bea", email=f"bea{one}@example.com")
        for one in range(10_000)
    )
    data = [{"email": f"bea{one}@example.com"} for one in range(10_000)]
    assert len(ids(ask("start_batch", {"trigger_id": trigger.pk, "data": data}))) == 10_000
