"""Action hooks in the browser: added and removed on a trigger's page, followed on a launch's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership, Program
from batchadmin.accounts.states import Role
from batches.models import BatchItem, BatchRequest
from messaging.models import ActionHook, HookCall, Trigger, TriggerLaunch
from messaging.triggers import jobs
from tests.factories import MembershipFactory
from tests.messaging.triggers.factories import person
from tests.messaging.triggers.test_pages import page

Ask = Callable[..., Any]


def test_an_owner_adds_and_removes_hooks(manager: Membership, trigger: Trigger, client: Client) -> None:
    owner = MembershipFactory.create(program=manager.program, role=Role.OWNER)
    client.force_login(owner.user)
    new = reverse("trigger-hook-new", args=[manager.program.slug, trigger.pk])
    refused = client.post(new, {"url": "http://169.254.169.254/latest/"})
    assert (refused.status_code, "private network" in refused.content.decode()) == (422, True)
    client.post(new, {"url": "https://hook.shop.example/told"})
    hook = ActionHook.objects.get()
    assert hook.secret in page(client, manager, "trigger", trigger.pk)
    remove = reverse("trigger-hook-remove", args=[manager.program.slug, hook.pk])
    assert "Nothing waits for it." in client.get(remove).content.decode()
    assert hook.secret in page(client, manager, "trigger", trigger.pk)
    client.post(remove)
    assert "hook.shop.example" not in page(client, manager, "trigger", trigger.pk).replace("Address", "")


def test_a_manager_sees_hooks_but_not_their_secrets(
    manager: Membership, trigger: Trigger, browser: Client
) -> None:
    ActionHook.objects.create(trigger=trigger, url="https://shop.example/hook", secret="whsec_hidden")
    shown = page(browser, manager, "trigger", trigger.pk)
    assert "shop.example" in shown
    assert "whsec_hidden" not in shown


def test_every_attempt_at_a_hook_is_shown(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    ActionHook.objects.create(trigger=trigger, url="http://10.0.0.1/", secret="s")
    somebody = person(manager)
    ask("start", {"id": trigger.pk, "email": somebody.email})
    jobs.hooks_serve()
    shown = page(browser, manager, "launch", TriggerLaunch.objects.get().pk, query="?tab=hooks")
    assert "private network" in shown
    assert "1 attempt, no answer" in shown
    assert f"<bdi>{somebody.name}</bdi></a>" in shown
    assert "Given up" in shown
    assert HookCall.objects.get().state == "gave_up"


def test_attempts_are_told_in_the_program_s_time(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    Program.objects.filter(pk=manager.program_id).update(time_zone="Asia/Tokyo")
    ActionHook.objects.create(trigger=trigger, url="https://shop.example/hook", secret="s")
    ask("start", {"id": trigger.pk, "email": person(manager).email})
    attempt = {"at": "2026-03-01T23:30:00+00:00", "status": 500, "words": "later", "seconds": 0.1}
    HookCall.objects.update(attempts=[attempt])
    shown = page(browser, manager, "launch", TriggerLaunch.objects.get().pk, query="?tab=hooks")
    assert "1 attempt, answered with 500" in shown
    assert "2 Mar 2026, 08:30:00" in shown


def test_calls_that_are_about_to_be_made_are_followed_and_later_ones_are_not(
    manager: Membership, trigger: Trigger, browser: Client, ask: Ask
) -> None:
    ActionHook.objects.create(trigger=trigger, url="https://shop.example/hook", secret="s")
    ask("start", {"id": trigger.pk, "email": person(manager).email})
    launch = TriggerLaunch.objects.get()
    BatchRequest.objects.filter(trigger_launch=launch).update(status="stopped", pending=0, not_sent=1)
    BatchItem.objects.filter(batch=launch.batch_id).update(status="not_sent")
    address = reverse("launch", args=[manager.program.slug, launch.pk]) + "?tab=hooks"
    asked = {"HX-Request": "true", "HX-Target": "live"}
    first = browser.get(address, headers=asked)
    assert "HX-Live" not in first
    assert (
        browser.get(address, headers={**asked, "HX-Live-Version": first["HX-Live-Version"]}).status_code
        == 204
    )
    HookCall.objects.update(attempts=[{"at": "2026-03-01T23:30:00+00:00", "status": 500, "words": ""}])
    second = browser.get(address, headers={**asked, "HX-Live-Version": first["HX-Live-Version"]})
    assert "answered with 500" in second.content.decode()
    HookCall.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert browser.get(address, headers=asked)["HX-Live"] == "ended"
