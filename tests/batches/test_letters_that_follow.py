"""Letters that are known beforehand to follow another one: each goes once, none is kept waiting, and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from batches.engine import sending, slices, trip
from batches.engine.slices import serve
from batches.engine.sweeper import counts_check
from batches.engine.worker import Worker
from batches.kinds import Answer, Begin, Following, HandoverWithdrawn, Verdict
from batches.models import BatchRequest
from batches.states import Lane
from tests.batches.kinds import Letters, Post

Request = Callable[..., BatchRequest]
ACCEPTED = Answer(Verdict.ACCEPTED)


class Ahead(Post):
    """Asks for the letter that follows, each time; notes which came to be known, and which were taken back."""

    known: list[int]
    back: list[int]
    stuck: frozenset[int] = frozenset()

    async def hand_over_ahead(self, letter: Any, begin: Begin, following: Following) -> Answer:
        known = following()
        if known is not None:
            self.known.append(known)
        begin()
        Letters.sent.append(letter)
        await asyncio.sleep(3600 if letter in self.stuck else 0)
        return ACCEPTED

    def not_following(self, letter: Any) -> None:
        if letter in self.known:
            self.back.append(letter)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Ahead:
    road = Ahead()
    road.known, road.back = [], []
    monkeypatch.setattr(Letters, "open", lambda kind, batch: road)
    monkeypatch.setattr(sending, "FIRST_CLAIM", 40)
    return road


def statuses(batch: BatchRequest) -> list[str]:
    assert counts_check() == []
    return list(batch.items.order_by("key").values_list("status", flat=True))


def test_letters_known_beforehand_go_once_each_and_the_last_wait_for_nobody(
    request_batch: Request, worker: Worker, ahead: Ahead
) -> None:
    batch = request_batch(size=60)
    serve(list(Lane), worker)
    assert statuses(batch) == ["succeeded"] * 60
    assert sorted(Letters.sent) == list(range(1, 61))
    assert len(ahead.known) == len(set(ahead.known)) >= 20
    assert ahead.back == []


def test_what_follows_a_letter_that_hangs_goes_another_way(
    request_batch: Request, worker: Worker, ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead.stuck = frozenset({1})
    ahead.timeout = 3.0
    monkeypatch.setattr(trip, "FOLLOWS_WITHIN", 0.0)
    monkeypatch.setattr(trip, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(sending, "FIRST_CLAIM", 200)  # all in one: none comes after the others have ended
    batch = request_batch(size=30)
    serve(list(Lane), worker)
    assert statuses(batch) == ["unknown", *["succeeded"] * 29]
    assert sorted(Letters.sent) == list(range(1, 31))
    assert len(ahead.back) == 1
    assert Letters.sent[-1] == ahead.back[0]


def test_what_was_to_follow_goes_back_untouched_when_nothing_may_begin_any_more(
    request_batch: Request, worker: Worker, ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "may_hand_over", lambda worker: len(Letters.sent) < 10)
    batch = request_batch(size=40)
    serve(list(Lane), worker)
    sent = sorted(Letters.sent)
    assert len(sent) == 10
    assert statuses(batch) == ["succeeded" if key in sent else "pending" for key in range(1, 41)]
    assert set(ahead.back) >= set(ahead.known) - set(sent)


def test_what_follows_one_that_is_withdrawn_goes_back(
    request_batch: Request, worker: Worker, ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def withdrawn(road: Ahead, letter: Any, begin: Begin, following: Following) -> Answer:
        known = following()
        if known is not None:
            road.known.append(known)
        raise HandoverWithdrawn

    monkeypatch.setattr(Ahead, "hand_over_ahead", withdrawn)
    monkeypatch.setattr(slices, "LONGEST_STAY", -1)  # else they are tried again and again
    batch = request_batch(size=20)
    serve(list(Lane), worker)
    assert statuses(batch) == ["pending"] * 20
    assert set(ahead.known) == set(ahead.back)
    assert set(batch.items.values_list("attempts", flat=True)) == {0}
