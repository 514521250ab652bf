"""Whoever waits for a batch looks seldom while many wait, and closely when its end is near."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from batches import waiting
from batches.models import BatchRequest
from batches.states import BatchStatus
from batches.waiting import LOOK_CLOSELY, LOOK_EVERY, Looks, wait_until_ended

Request = Callable[..., BatchRequest]


def test_looks_are_close_once_nobody_waits_and_for_a_while_only(
    request_batch: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "CLOSELY_FOR", 3600.0)
    batch = request_batch(size=3)
    looks = Looks(batch.pk)
    assert looks.is_live()
    assert looks.pause() == LOOK_EVERY
    BatchRequest.objects.filter(pk=batch.pk).update(pending=0, in_flight=3)
    assert looks.is_live()
    assert looks.pause() == LOOK_CLOSELY
    monkeypatch.setattr(waiting, "CLOSELY_FOR", 0.0)
    assert looks.pause() == LOOK_EVERY
    monkeypatch.setattr(waiting, "CLOSELY_FOR", 3600.0)
    BatchRequest.objects.filter(pk=batch.pk).update(pending=3, in_flight=0)
    assert looks.is_live()
    assert looks.pause() == LOOK_EVERY
    BatchRequest.objects.filter(pk=batch.pk).update(status=BatchStatus.STOPPED)
    assert not looks.is_live()


def test_who_waits_gets_the_batch_as_it_ended(request_batch: Request, work: Callable[[], None]) -> None:
    batch = request_batch(size=3)
    work()
    assert batch.status == BatchStatus.QUEUED
    ended = wait_until_ended(batch)
    assert (ended.status, ended.succeeded) == (BatchStatus.COMPLETED, 3)
