"""Logs say whose request and which batch, and nothing about people; Sentry hears no more than that."""

from __future__ import annotations

import gzip
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sentry_sdk
from django.db import IntegrityError, connection, transaction
from django.test import Client
from structlog.contextvars import bound_contextvars

from batchadmin.lib import logs, sentry
from batchadmin.lib.env import EnvError
from batches.models import BatchItem, BatchRequest
from tests.factories import MembershipFactory
from tests.fixtures.receiver import Receiver
from tests.fixtures.workers import WorkerPool
from tests.messaging.factories import ChannelFactory, people, request_broadcast
from tests.reliability.road import until


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """A function that gives what was logged since the test began, as machines read it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter("json"))
    root, level = logging.getLogger(), logging.getLogger("batchadmin.requests").level
    root.addHandler(handler)
    logging.getLogger("batchadmin.requests").setLevel("INFO")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger("batchadmin.requests").setLevel(level)
    root.removeHandler(handler)


# Named here, for Sentry is shown the lines of the source around an error.
PRIVATE = EMAIL, ADDRESS, WORD, TOKEN, BODY = "bea@example.com", "10.1.2.3", "word-x", "token-x", "body-x"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.mark.django_db
def test_a_request_keeps_a_sound_id_and_its_line_names_the_route_and_not_the_address(lines: Lines) -> None:
    answer = Client().get("/password-reset/MQ/secret-token/?a=b", headers={"X-Request-ID": "edge-4711.abc"})
    assert answer["X-Request-ID"] == "edge-4711.abc"
    [line] = [one for one in lines() if one["logger"] == "batchadmin.requests"]
    assert line["request"] == "edge-4711.abc"
    assert line["route"] == "password-reset/<uidb64>/<token>/"
    assert line["status"] == answer.status_code
    assert "secret-token" not in json.dumps(line)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "a b c d e f g", "line\tbreak-12345", "<script>alert()</script>"]
)
def test_an_unsound_id_is_replaced(given: str) -> None:
    answer = Client().get("/log-in/", headers={"X-Request-ID": given})
    assert len(answer["X-Request-ID"]) == 32
    assert answer["X-Request-ID"] != Client().get("/log-in/")["X-Request-ID"]


@pytest.mark.workers
def test_a_worker_s_lines_name_the_batch_and_the_request_that_asked_for_it(
    worker_pool: Callable[..., WorkerPool],
) -> None:
    pool = worker_pool(count=1, env={"LOG_FORMAT": "json"})
    member = MembershipFactory.create()
    people(member, 3)
    channel = ChannelFactory.create(program=member.program)
    with transaction.atomic(), bound_contextvars(request="edge-4711.abc"):
        batch = request_broadcast(member, channel).batch
        BatchItem.objects.filter(batch=batch).update(
            payload="broken"
        )  # what its code can't read makes it break
    assert BatchRequest.objects.get(pk=batch.pk).request_id == "edge-4711.abc"

    def told() -> list[dict[str, Any]]:
        whole = pool.output().split("\n")[:-1]  # the last one may still be written
        found = [json.loads(line) for line in whole if line.startswith("{")]
        return [line for line in found if line.get("batch") == batch.pk]

    until(lambda: bool(told()), seconds=60, name="a line about the batch")
    assert told()[0]["request"] == "edge-4711.abc"


def test_nothing_about_people_is_logged_whoever_writes_the_line(lines: Lines) -> None:
    log = logging.getLogger("batches.somewhere")
    log.warning("refused %s at %s", "bea.o'neil+x@mail.example.co.uk", "+49 170 123-45-67")
    try:
        raise ValueError("bea@example.com isn't there")
    except ValueError:
        log.exception("broke", extra={"to": ["bea@example.com"], "number": "+491701234567"})
    words = json.dumps(lines())
    # No shorter: a moment's microseconds, the number of a line or the path to this file may hold a few digits or a word.
    for part in ("mail.example", "example.com", "170 123", "45-67", "1701234567"):
        assert part not in words
    assert "<e-mail>" in words
    assert "<phone>" in words
    assert "isn't there" in words


def test_moments_numbers_and_plain_words_stay_as_they_are() -> None:
    words = "batch 8123 at 2026-11-22 10:00:00+00:00 took +12 ms, 1 + 2345678901, v1.2.3@main"
    assert logs.scrubbed(words) == words


@pytest.mark.django_db
def test_what_postgresql_quotes_from_rows_is_left_out() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE quoted (name text UNIQUE, age int NOT NULL)")
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            cursor.execute("INSERT INTO quoted VALUES ('Bea Secret', 1), ('Bea Secret', 2)")
    assert "Bea Secret" in str(caught.value)
    assert "Bea Secret" not in logs.scrubbed(str(caught.value))
    assert "(name)" in logs.scrubbed(str(caught.value))
    assert "Secret" not in logs.scrubbed("DETAIL:  Failing row contains (Bea\nSecret, null).")


def test_plain_lines_are_for_people() -> None:
    record = logging.LogRecord("batches", logging.WARNING, "", 0, "Batch %s waits", (7,), None)
    with logs.about_batch(7, "edge-4711.abc"):
        line = logs.formatter("plain").format(record)
    assert line.endswith("WARNING batches Batch 7 waits batch=7 request=edge-4711.abc")


@pytest.mark.parametrize("form", ["xml", ""])
def test_a_wrong_form_of_logs_is_said_in_a_sentence(form: str) -> None:
    with pytest.raises(EnvError, match="LOG_FORMAT"):
        logs.configuration(form=form, level="INFO", loggers={})


def test_a_wrong_address_of_sentry_is_said_in_a_sentence() -> None:
    with pytest.raises(EnvError, match="SENTRY_DSN"):
        sentry.begin("not a dsn")
    sentry.begin("")


def test_sentry_hears_of_the_error_and_nothing_about_people(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # the receiver is here, wherever this machine's way out leads
    client = sentry_sdk.Client(**sentry.options(f"http://key@127.0.0.1:{receiver.port}/1"))
    with sentry_sdk.isolation_scope() as scope, bound_contextvars(request="edge-4711.abc"):
        scope.set_client(client)
        scope.set_user({"email": EMAIL, "ip_address": ADDRESS})
        try:
            secret = WORD
            raise ValueError(f"{EMAIL} can't be read{secret[:0]}")
        except ValueError as error:
            client.capture_event(
                {
                    **sentry_sdk.utils.event_from_exception(error, client.options)[0],
                    "request": {"url": f"http://x/u/{TOKEN}", "method": "POST", "data": BODY},
                },
                scope=scope,
            )
    client.close(timeout=120)
    words = "".join(
        (gzip.decompress(got.body) if got.headers.get("Content-Encoding") == "gzip" else got.body).decode()
        for got in receiver.requests
    )
    assert "can't be read" in words
    assert "edge-4711.abc" in words
    for private in PRIVATE:
        assert private not in words
