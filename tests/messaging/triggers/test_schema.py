"""Every endpoint of triggers against its own description: all of schemathesis' checks; and the description as a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.config import PositiveDataAcceptanceConfig
from schemathesis.generation import GenerationMode

from batchadmin.accounts.models import Membership
from batchadmin.wsgi import application
from messaging.models import Trigger, TriggerLaunch
from tests.messaging.triggers.factories import person

FITTING = ["2xx", "400", "401", "403", "404", "429"]

schema = schemathesis.openapi.from_wsgi("/api/v1.1/openapi.json", application)
schema.config.generation.update(modes=list(GenerationMode))
schema.config.checks.positive_data_acceptance = PositiveDataAcceptanceConfig(expected_statuses=FITTING)


@pytest.fixture
def one_connection(trigger: Trigger) -> Iterator[None]:
    """The site looks after its connections around each request, but a test's transaction lives in this one."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@schema.parametrize()
@settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_endpoint_keeps_its_word(
    case: Any, token_text: str, trigger: Trigger, manager: Membership, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 10_000_000
    if case.meta.generation.mode == GenerationMode.POSITIVE and isinstance(case.body, dict):
        case.body.update({"trigger_id" if "trigger_id" in case.body else "id": trigger.pk, "token": None})
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {token_text}"})
    if answer.status_code >= 400 and "json" in answer.headers.get("content-type", [""])[0]:
        assert answer.json()["error"] == answer.status_code


def test_the_description_fits_a_launch_that_is_done(
    client: Client, token_text: str, trigger: Trigger, manager: Membership
) -> None:
    body: Any = {"trigger_id": trigger.pk, "data": [{"email": person(manager).email}]}
    case = schema["/api/v1.1/campaigns/triggers/start_batch"]["POST"].Case(
        body=body, media_type="application/json"
    )
    headers = {"Authorization": f"Bearer {token_text}"}
    answer = client.post(case.formatted_path, body, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    assert TriggerLaunch.objects.count() == 1


def test_the_description_and_its_page_need_no_token_and_no_script(client: Client, db: None) -> None:
    page = client.get("/api/v1.1/docs").content.decode()
    for words in ("/api/v1.1/campaigns/triggers/start_batch_task", "apicontent.fieldname", "SingleLaunch"):
        assert words in page
    assert "<script>" not in page
    assert client.get("/api/v1.1/openapi.json").json()["openapi"] == "3.1.0"
