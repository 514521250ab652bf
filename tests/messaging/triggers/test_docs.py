"""The examples of docs/api/triggers.md, run as they are written."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree
from pytest_django.live_server_helper import LiveServer

from batchadmin.accounts.models import Membership
from tests.messaging.triggers.factories import person, trigger_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api" / "triggers.md"
# A command, and the answer that stands below it.
EXAMPLES = re.findall(
    r"```sh\n((?:export TASK|curl).*?)```\n.*?```(?:json|xml)\n(.*?)\n```", PAGE.read_text(), re.DOTALL
)
UNLIKE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")  # tasks have a number of their own each time


def test_the_page_has_an_example_of_each_endpoint() -> None:
    commands = " ".join(command for command, _answer in EXAMPLES)
    for endpoint in ("start_batch", "start", "start_batch_task", "task/"):
        assert f"campaigns/triggers/{endpoint}" in commands
    assert len(EXAMPLES) == 9


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_is_answered_as_the_page_says(
    live_server: LiveServer, manager: Membership, token_text: str, number: int
) -> None:
    command, answer = EXAMPLES[number]
    trigger = trigger_of(manager, body="Order {apicontent.order_number} is on its way.")
    zoe = person(manager, email="zoe@example.com", msisdn="491512345678", attributes={"size": "L"})
    bea = person(manager, email="bea@example.com", attributes={"size": "L"})
    environment = {"BATCHADMIN": live_server.url, "TOKEN": token_text, "TRIGGER": str(trigger.pk)}
    done = subprocess.run(
        ["sh", "-c", command], env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    profiles = {"1": str(zoe.pk), "2": str(bea.pk)}
    assert said(done.stdout) == said(answer, profiles), done.stderr


def said(text: str, profiles: dict[str, str] | None = None) -> Any:
    """An answer in either form, with the profiles that are meant in the place of the page's."""
    text = UNLIKE.sub("task", text.strip())
    if text.startswith("<"):
        found = [(element.tag, element.text) for element in ElementTree.fromstring(text).iter()]
        return sorted((tag, (profiles or {}).get(words or "", words or "")) for tag, words in found)
    document = json.loads(text)
    for one in document.get("result", []):
        one["profile_id"] = (profiles or {}).get(one["profile_id"], one["profile_id"])
    return document
