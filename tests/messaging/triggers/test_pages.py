"""Bulk messages > Triggers: what the pages show, and what can be done on them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import AuditEntry, Membership
from messaging.models import Channel, Trigger, TriggerLaunch
from messaging.triggers import jobs
from messaging.triggers.examples import TOKEN, curl_of
from tests.messaging.factories import ChannelFactory
from tests.messaging.triggers.factories import person, trigger_of

Ask = Callable[..., Any]


def page(
    browser: Client, manager: Membership, name: str, *parts: Any, query: str = "", **headers: str
) -> str:
    address = reverse(name, args=[manager.program.slug, *parts])
    response = browser.get(address + query, headers=headers)
    assert response.status_code in (200, 286)
    return response.content.decode()


def fields(by: Channel, **changed: Any) -> dict[str, Any]:
    return {
        "name": "Order sent",
        "channel": by.pk,
        "subject": "Order {apicontent.number}",
        "body": "Hi {{ influencer.first_name }}, {{ apicontent.text }}",
        "by_api": "on",
        **changed,
    }


def test_an_empty_program_is_told_what_to_do_first(manager: Membership, browser: Client) -> None:
    assert "there is none yet" in page(browser, manager, "triggers")
    ChannelFactory.create(program=manager.program)
    assert "New trigger" in page(browser, manager, "triggers")


def test_the_list_shows_each_trigger_with_its_state_and_launches(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    trigger_of(manager, name="Sleeping", is_active=False)
    trigger_of(manager, name="Ours", by_api=False)
    ask("start", {"id": trigger.pk, "email": "who@example.com"})
    shown = page(browser, manager, "triggers")
    for words in (trigger.name, "Active", "Sleeping", "Not active", "Ours", "Not by API"):
        assert words in shown
    assert "Triggers</a>" in shown.replace("\n", "")


def test_a_new_trigger_is_saved_and_not_active_yet(manager: Membership, browser: Client) -> None:
    channel = ChannelFactory.create(program=manager.program)
    response = browser.post(reverse("trigger-new", args=[manager.program.slug]), fields(channel))
    trigger = Trigger.objects.get()
    assert response.status_code == 302
    assert (trigger.name, trigger.is_active, trigger.by_api) == ("Order sent", False, True)
    assert AuditEntry.objects.filter(action="trigger.created", subject="Order sent").exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"body": "Hi {{ influencer.frist_name }}"}, "Did you mean first_name?"),
        ({"body": "Hi {{ campaign.name }}"}, "no variable “campaign”"),
        ({"body": "Hi {{ apicontent.name"}, "Line 1"),
        ({"subject": "{% nonsense %}"}, "Line 1"),
        ({"body": "  "}, "This field is required"),
        ({"name": ""}, "This field is required"),
        ({"channel": 999_999}, "Select a valid choice"),
    ],
)
def test_a_trigger_that_could_not_be_sent_is_not_saved(
    manager: Membership, browser: Client, changed: dict[str, Any], words: str
) -> None:
    channel = ChannelFactory.create(program=manager.program)
    response = browser.post(reverse("trigger-new", args=[manager.program.slug]), fields(channel, **changed))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Trigger.objects.exists()


def test_a_channel_of_another_program_can_t_be_chosen(manager: Membership, browser: Client) -> None:
    response = browser.post(
        reverse("trigger-new", args=[manager.program.slug]), fields(ChannelFactory.create())
    )
    assert response.status_code == 422


def test_a_name_is_one_trigger_s(manager: Membership, trigger: Trigger, browser: Client) -> None:
    taken = fields(trigger.channel, name=trigger.name)
    response = browser.post(reverse("trigger-new", args=[manager.program.slug]), taken)
    assert (response.status_code, Trigger.objects.count()) == (422, 1)


def test_a_trigger_is_changed(manager: Membership, trigger: Trigger, browser: Client) -> None:
    address = reverse("trigger-edit", args=[manager.program.slug, trigger.pk])
    assert trigger.body in browser.get(address).content.decode()
    changed = {name: value for name, value in fields(trigger.channel).items() if name != "by_api"}
    assert browser.post(address, changed).status_code == 302
    trigger.refresh_from_db()
    assert (trigger.name, trigger.is_active, trigger.by_api) == ("Order sent", True, False)


def test_a_trigger_is_switched_off_and_on(manager: Membership, trigger: Trigger, browser: Client) -> None:
    for to, active, offers in (("off", False, "Activate"), ("on", True, "Deactivate")):
        browser.post(reverse("trigger-switch", args=[manager.program.slug, trigger.pk, to]))
        trigger.refresh_from_db()
        assert trigger.is_active is active
        assert offers in page(browser, manager, "trigger", trigger.pk)


def test_the_curl_on_the_page_launches_the_trigger(
    manager: Membership, browser: Client, client: Client, token_text: str
) -> None:
    trigger = trigger_of(manager, subject="It's {apicontent.number}", body="{{ apicontent.text }}")
    zoe = person(manager)
    shown = page(browser, manager, "trigger", trigger.pk)
    assert "start_batch" in shown
    assert "apicontent" not in curl_of(trigger)
    command = shlex.split(
        curl_of(trigger).replace(TOKEN, token_text).replace("somebody@example.com", str(zoe.email))
    )
    assert command[:2] == ["curl", f"http://127.0.0.1:8000{reverse('trigger-start-batch')}"]
    headers = dict(line.split(": ", 1) for flag, line in pairwise(command) if flag == "-H")
    body = command[command.index("-d") + 1]
    assert json.loads(body)["content"] == {"number": "…", "text": "…"}
    response = client.post(
        reverse("trigger-start-batch"), body, content_type=headers.pop("Content-Type"), headers=headers
    )
    assert response.json()["result"] == [{"profile_id": str(zoe.pk)}]


def test_a_launch_shows_who_was_matched_and_who_was_not_with_which_value(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    zoe = person(manager, first_name="Zoe", last_name="Mueller")
    data = [{"email": zoe.email}, {"email": "<who>@example.com"}, {"email": zoe.email}]
    ask("start_batch", {"trigger_id": trigger.pk, "data": data, "content": {"a": "<b>"}})
    launch = TriggerLaunch.objects.get()
    assert reverse("launch", args=[manager.program.slug, launch.pk]) in page(
        browser, manager, "trigger", trigger.pk
    )
    people = page(browser, manager, "launch", launch.pk)
    assert "Zoe Mueller" in people
    assert "3 values were named; 2 led to nobody new." in people
    missed = page(browser, manager, "launch", launch.pk, query="?tab=missed")
    assert "&lt;who&gt;@example.com" in missed
    assert "Leads to somebody who was named before" in missed
    message = page(browser, manager, "launch", launch.pk, query="?tab=message")
    assert "&lt;b&gt;" in message
    assert "no hook" in page(browser, manager, "launch", launch.pk, query="?tab=hooks")


def test_the_tallies_of_a_launch_lead_to_its_people(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    zoe = person(manager, first_name="Zoe")
    ask("start", {"id": trigger.pk, "email": zoe.email})
    launch = TriggerLaunch.objects.get()
    assert "Zoe" in page(browser, manager, "launch", launch.pk, query="?status=pending")
    assert (
        "Zoe" not in page(browser, manager, "launch", launch.pk, query="?status=failed").split('id="list"')[1]
    )


def test_a_launch_that_found_nobody_says_so(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    ask("start", {"id": trigger.pk, "email": "who@example.com"})
    launch = TriggerLaunch.objects.get()
    assert "Nobody was found." in page(browser, manager, "launch", launch.pk)
    assert "Nobody found" in page(browser, manager, "trigger", trigger.pk)


def test_a_launch_that_is_being_looked_up_shows_itself_whole_when_it_is_not_any_more(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    ask("start_batch_task", {"trigger_id": trigger.pk, "data": [{"email": person(manager).email}]})
    launch = TriggerLaunch.objects.get()
    address = reverse("launch", args=[manager.program.slug, launch.pk])
    live = {"HX-Request": "true", "HX-Target": "live"}
    assert "being looked up" in page(browser, manager, "launch", launch.pk)
    jobs.launches_serve()
    first, later = (browser.get(address + query, headers=live).content for query in ("?waited=1", ""))
    assert (b'id="list"' in first, b'id="list"' in later) == (True, False)
    assert b"waited" not in first
    assert b"batch-progress" in first
    assert b"batch-progress" in later


def test_a_launch_can_be_stopped_from_its_page(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    ask("start", {"id": trigger.pk, "email": person(manager).email})
    launch = TriggerLaunch.objects.select_related("batch").get()
    assert launch.batch is not None
    stop = reverse("batch-stop", args=[manager.program.slug, launch.batch_id])
    assert stop in page(browser, manager, "launch", launch.pk)
    browser.post(stop)
    launch.batch.refresh_from_db()
    assert launch.batch.status == "stopped"


def test_the_batch_of_a_launch_leads_to_the_launch(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    ask("start", {"id": trigger.pk, "email": person(manager).email})
    launch = TriggerLaunch.objects.get()
    response = browser.get(reverse("batch", args=[manager.program.slug, launch.batch_id]))
    assert response["Location"] == reverse("launch", args=[manager.program.slug, launch.pk])
