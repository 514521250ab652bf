"""/healthz and /readyz: what probes are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from batchadmin.lib import health
from batches.models import WorkerLease
from tests.batches.factories import worker_living

WELL = {"database": True, "migrations": True, "redis": True, "workers": True}


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client as probes are: it calls by an address that isn't among the allowed hosts. Nothing is remembered between calls."""
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    return Client(headers={"host": "10.0.0.5:8000"})


@pytest.fixture
def a_worker(db: None) -> WorkerLease:
    """A worker that is alive."""
    return worker_living()


def test_alive_is_said_without_touching_anything(probe: Client) -> None:
    # No database mark: a query would fail the test.
    answer = probe.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"alive\n")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.usefixtures("a_worker", "redis_db")
def test_ready_names_each_part(probe: Client) -> None:
    answer = probe.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "parts": WELL})
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("db", "redis_db")
def test_without_a_worker_it_is_not_ready(probe: Client) -> None:
    answer = probe.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]) == (503, {**WELL, "workers": False})
    assert probe.get("/readyz?skip=workers").status_code == 200


@pytest.mark.usefixtures("redis_db")
def test_a_worker_that_has_fallen_silent_does_not_count(probe: Client, a_worker: WorkerLease) -> None:
    WorkerLease.objects.update(renewed_at="2020-01-01T00:00Z")
    assert probe.get("/readyz").json()["parts"]["workers"] is False


@pytest.mark.usefixtures("a_worker")
def test_without_redis_it_is_not_ready_and_says_no_address(probe: Client, settings: Any) -> None:
    settings.RQ_QUEUES = {"express": {"URL": "redis://:word@127.0.0.1:1/0"}}
    answer = probe.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "parts": {**WELL, "redis": False}}


@pytest.mark.usefixtures("a_worker", "redis_db")
def test_with_a_migration_to_apply_it_is_not_ready_and_with_one_too_many_it_is(probe: Client) -> None:
    MigrationRecorder.Migration.objects.create(app="batches", name="9999_of_the_next_release")
    assert probe.get("/readyz").status_code == 200
    last = MigrationRecorder.Migration.objects.filter(app="messaging").order_by("name").last()
    assert last is not None
    last.delete()
    assert probe.get("/readyz").json()["parts"] == {**WELL, "migrations": False}


@pytest.mark.usefixtures("redis_db")
def test_without_a_database_it_is_not_ready(probe: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> None:
        raise OperationalError("connection refused: host db.example.com")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", away)
        answer = probe.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {**WELL, "database": False, "migrations": False, "workers": False}


@pytest.mark.usefixtures("a_worker", "redis_db")
def test_however_often_it_is_asked_the_parts_are_looked_at_once(
    django_assert_num_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "KEPT_SECONDS", 3600.0)
    probe = Client()
    probe.get("/readyz")
    with django_assert_num_queries(0):
        assert {probe.get("/readyz").status_code for _time in range(50)} == {200}
