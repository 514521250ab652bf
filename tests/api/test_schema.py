"""Every endpoint against its own description, with requests that fit it and requests that don't: all of schemathesis' checks.

A request may fit the description and be refused all the same (nobody has such an id, an address is none): 400 and 422 are
answers that fit. But what is refused by the description itself must not fit it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.config import PositiveDataAcceptanceConfig
from schemathesis.generation import GenerationMode

from batchadmin.accounts.models import Membership
from batchadmin.wsgi import application
from tests.api.conftest import caller_of
from tests.api.test_requests import EVERYBODY, message
from tests.campaigns.factories import CampaignFactory
from tests.messaging.factories import ChannelFactory, people

FITTING = ["2xx", "400", "401", "403", "404", "409", "422", "429"]
PLACES = ("body.", "query.", "path.")

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
schema.config.generation.update(modes=list(GenerationMode))
schema.config.checks.positive_data_acceptance = PositiveDataAcceptanceConfig(expected_statuses=FITTING)


@pytest.fixture
def token(member: Membership, settings: Any) -> str:
    """A manager's token, which may call as often as it likes."""
    settings.API_REQUESTS_PER_MINUTE = 10_000_000
    return caller_of(member).token


@pytest.fixture
def things(member: Membership, token: str) -> dict[str, Any]:
    """Something of every sort, by the names that paths give their ids."""
    caller = caller_of(member)
    made = people(member, 12)
    ChannelFactory.create(program=member.program, name="Letters")
    member_told = {"properties": {"email": "x@example.com"}}
    bulk = caller.post("imports", {"import_id": "spring", "request_number": 1, "members": [member_told]})
    return {
        "influencer_id": made[0].pk,
        "campaign_id": CampaignFactory.create(program=member.program).pk,
        "batch_id": caller.post("broadcasts", message(audience=EVERYBODY)).json()["id"],
        "import_id": "spring",
        "bulk_id": bulk.json()["bulk_id"],
        "number": 1,
    }


@pytest.fixture
def one_connection(things: dict[str, Any]) -> Iterator[None]:
    """The site looks after its connections around each request, but a test's transaction lives in this one.

    Comes after everything that uses Django's own client, which connects these signals again.
    """
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@schema.parametrize()
@settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_endpoint_keeps_its_word(case: Any, token: str, things: dict[str, Any]) -> None:
    fits = case.meta.generation.mode == GenerationMode.POSITIVE
    if fits:
        case.path_parameters.update({name: things[name] for name in case.path_parameters})
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {token}"})
    if answer.status_code >= 400:
        told = answer.json()
        assert {"error", "detail"} <= set(told)
        places = [one["field"] for one in told.get("fields", ())]
        assert not (fits and any(place.startswith(PLACES) for place in places)), told
