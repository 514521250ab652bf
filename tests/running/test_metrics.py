"""/metrics: what Prometheus is told, and who may ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from batchadmin.lib import metrics, seldom
from batches.engine.beat import Beat
from batches.engine.sweeper import Periodic
from batches.models import BatchRequest, Notice, SchedulerBeat
from batches.states import BatchStatus
from messaging.models import Channel
from tests.batches.factories import worker_living
from tests.factories import MembershipFactory
from tests.messaging.factories import ChannelFactory, people, request_broadcast

ROOT = Path(__file__).resolve().parents[2]
Found = dict[str, list[tuple[dict[str, str], float]]]


@pytest.fixture
def scrape(db: None, redis_db: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Found]:
    """A function that asks as Prometheus does, and reads the answer as Prometheus does."""
    monkeypatch.setattr(metrics, "KEPT_SECONDS", 0.0)
    client = Client(headers={"host": "10.0.0.5:8000"})

    def ask() -> Found:
        answer = client.get("/metrics")
        assert answer.status_code == 200, answer.content
        return {
            family.name: [(sample.labels, sample.value) for sample in family.samples]
            for family in text_string_to_metric_families(answer.content.decode())
        }

    return ask


def value(found: Found, name: str, **labels: str) -> float:
    """The one value of a metric with these labels."""
    [one] = [number for has, number in found[f"batchadmin_{name}"] if labels.items() <= has.items()]
    return one


def swept_just_now(beat: Beat, broken: Mapping[str, str] | None = None) -> None:
    """A sweep that stays the last one's news, however long the test takes."""
    beat.swept(broken)
    SchedulerBeat.objects.update(swept_at=timezone.now() + timedelta(hours=1))


def test_it_tells_how_the_engine_is(scrape: Callable[[], Found]) -> None:
    member = MembershipFactory.create()
    people(member, 3)
    channel = ChannelFactory.create(program=member.program, rate=7)
    batch = request_broadcast(member, channel).batch
    long_ago = timezone.now() - timedelta(minutes=10)
    BatchRequest.objects.filter(pk=batch.pk).update(requested_at=long_ago, progress_at=long_ago)
    worker_living()
    beat = Beat()
    beat.swept()
    swept_just_now(beat)
    Notice.objects.create(
        batch=batch, user=member.user, subject="x", body="x", mail_state="failed", message_id="1"
    )
    found = scrape()
    assert value(found, "batches_live", status="queued") == 1
    assert value(found, "batches_stalled") == 1
    assert 590 < value(found, "queue_age_seconds", lane="bulk") < 700
    assert value(found, "queue_age_seconds", lane="express") == 0
    assert value(found, "messages", channel_type=channel.type, outcome="pending") == 3
    assert value(found, "items", type="BatchConversations", outcome="unknown") == 0
    assert value(found, "channel_pace", channel=str(channel.pk)) == 7
    assert value(found, "workers_alive") == 1
    assert (value(found, "schedulers_alive"), value(found, "sweeps")) == (1, 2)
    assert value(found, "sweep_age_seconds") < 60
    assert value(found, "notices", state="failed") == 1
    assert value(found, "redis_up") == 1
    assert all(broken == 0 for _labels, broken in found["batchadmin_metrics_broken"])


def test_it_tells_which_channels_are_paused_and_by_whom(scrape: Callable[[], Found]) -> None:
    channel = ChannelFactory.create()
    assert value(scrape(), "channel_paused", channel=str(channel.pk)) == 0
    Channel.objects.update(status="paused", paused_by="person")
    assert value(scrape(), "channel_paused", channel=str(channel.pk)) == 1
    Channel.objects.update(paused_by="fault", faults=4)
    found = scrape()
    assert value(found, "channel_paused", channel=str(channel.pk)) == 2
    assert value(found, "channel_faults", channel=str(channel.pk)) == 4


def test_a_scheduler_that_stopped_is_seen(scrape: Callable[[], Found]) -> None:
    assert value(scrape(), "sweep_age_seconds") == float("inf")
    Beat().swept()
    SchedulerBeat.objects.update(swept_at=timezone.now() - timedelta(minutes=2))
    found = scrape()
    assert value(found, "schedulers_alive") == 0
    assert 115 < value(found, "sweep_age_seconds") < 300


def test_a_duty_of_the_scheduler_that_breaks_is_told_until_it_goes_well(
    scrape: Callable[[], Found], settings: Any
) -> None:
    settings.BATCH_PERIODIC = [(f"{__name__}.duty_that_breaks", 0), (f"{__name__}.duty_that_goes_well", 0)]
    periodic, beat = Periodic(), Beat()
    for breaks in (True, False):
        DUTIES.update(breaks=breaks, done=0)
        periodic.run_due()
        swept_just_now(beat, periodic.broken)
        assert DUTIES["done"] == 1
        assert value(scrape(), "duties_broken") == breaks
        broken = SchedulerBeat.objects.get().broken
        assert list(broken.values()) == (["ValueError: no such day"] if breaks else [])


def test_a_duty_that_breaks_each_second_is_logged_once_a_minute_and_anew_after_it_went_well(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BATCH_PERIODIC = [(f"{__name__}.duty_that_breaks", 0)]
    periodic = Periodic()

    def lines(turns: int, *, breaks: bool) -> int:
        caplog.clear()
        DUTIES.update(breaks=breaks)
        for _ in range(turns):
            periodic.run_due()
        return sum(record.name == "batches.sweeper" for record in caplog.records)

    assert lines(5, breaks=True) == 1
    assert lines(5, breaks=True) == 0
    assert lines(1, breaks=False) == 0
    assert lines(5, breaks=True) == 1
    monkeypatch.setattr(seldom, "EVERY_SECONDS", 0.0)
    assert lines(2, breaks=True) == 2


DUTIES = {"breaks": False, "done": 0}


def duty_that_breaks() -> None:
    if DUTIES["breaks"]:
        raise ValueError("no such day")


def duty_that_goes_well() -> None:
    DUTIES["done"] += 1


def test_without_redis_everything_else_is_told(scrape: Callable[[], Found], settings: Any) -> None:
    settings.RQ_QUEUES = {"express": {"URL": "redis://127.0.0.1:1"}}
    found = scrape()
    assert value(found, "redis_up") == 0
    assert value(found, "workers_alive") == 0


def test_a_batch_that_waits_for_something_has_not_stalled(scrape: Callable[[], Found]) -> None:
    member = MembershipFactory.create()
    people(member, 1)
    batch = request_broadcast(member, ChannelFactory.create(program=member.program)).batch
    BatchRequest.objects.filter(pk=batch.pk).update(
        progress_at="2020-01-01T00:00Z", status=BatchStatus.PROCESSING, wake_at="2100-01-01T00:00Z"
    )
    found = scrape()
    assert (value(found, "batches_stalled"), value(found, "queue_age_seconds", lane="bulk")) == (0, 0)


def test_asked_often_it_reads_once(
    db: None, redis_db: Any, django_assert_num_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "KEPT_SECONDS", 3600.0)
    client = Client()
    with django_assert_num_queries(15):
        client.get("/metrics")
    with django_assert_num_queries(0):
        assert client.get("/metrics").status_code == 200


@pytest.mark.usefixtures("db", "redis_db")
@pytest.mark.parametrize(
    ("token", "asked_with", "allowed"),
    [
        ("", {"REMOTE_ADDR": "127.0.0.1"}, True),
        ("", {"REMOTE_ADDR": "::1"}, True),
        ("", {"REMOTE_ADDR": "10.0.0.9"}, False),
        ("", {"REMOTE_ADDR": ""}, False),
        ("", {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ("", {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"}, False),
        ("word", {"REMOTE_ADDR": "127.0.0.1"}, False),
        ("word", {"REMOTE_ADDR": "10.0.0.9", "HTTP_AUTHORIZATION": "Bearer other"}, False),
        ("word", {"REMOTE_ADDR": "10.0.0.9", "HTTP_AUTHORIZATION": "Bearer word"}, True),
    ],
)
def test_metrics_are_for_this_machine_or_for_whoever_has_the_token(
    settings: Any, token: str, asked_with: dict[str, Any], allowed: bool
) -> None:
    settings.METRICS_TOKEN = token
    assert Client().get("/metrics", **asked_with).status_code == (200 if allowed else 403)


def test_every_metric_is_in_the_docs_and_every_alert_is_about_one(scrape: Callable[[], Found]) -> None:
    ChannelFactory.create(rate=1)
    told = set(scrape())
    words = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in sorted(told) if f"`{name}`" not in words] == []
    alerts = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    assert len(rules) > 8
    for rule in rules:
        assert {"alert", "expr", "for", "labels", "annotations"} <= set(rule), rule
        named = {word for word in told if word in rule["expr"]}
        assert named or rule["expr"].startswith("up{"), f"{rule['alert']} is about no metric of ours"
