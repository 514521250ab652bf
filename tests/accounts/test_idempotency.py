"""Requests that are repeated are done once and answered alike."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from batchadmin.accounts.models import IdempotentRequest, Program
from batchadmin.accounts.services import (
    Answer,
    KeyReused,
    Remembered,
    fingerprint_of,
    request_once,
    requests_forget,
)
from tests.factories import ProgramFactory


class Work:
    """Counts how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Answer:
        self.times += 1
        return Answer(202, f'{{"time": {self.times}}}')


def once(
    program: Program, work: Work, *, key: str = "k", body: bytes = b"{}", scope: str = "token:1"
) -> Remembered:
    return request_once(program=program, scope=scope, key=key, fingerprint=fingerprint_of(body), work=work)


def test_a_repeated_request_gets_the_first_answer_and_does_nothing(program: Program) -> None:
    work = Work()
    first, second = once(program, work), once(program, work)
    assert (first.answer, first.repeated) == (Answer(202, '{"time": 1}'), False)
    assert (second.answer, second.repeated) == (first.answer, True)
    assert work.times == 1


def test_another_request_under_the_same_key_is_refused(program: Program) -> None:
    work = Work()
    once(program, work)
    with pytest.raises(KeyReused, match="sent with another request before"):
        once(program, work, body=b"[]")
    assert work.times == 1


def test_keys_of_other_scopes_and_programs_are_other_keys(program: Program) -> None:
    work = Work()
    once(program, work)
    once(program, work, scope="token:2", body=b"1")
    once(ProgramFactory.create(), work, body=b"2")
    assert work.times == 3


def test_work_that_breaks_leaves_the_key_as_good_as_new(program: Program) -> None:
    def breaks() -> Answer:
        Program.objects.create(name="Half done", slug="half-done")
        raise RuntimeError("broke")

    with pytest.raises(RuntimeError):
        request_once(program=program, scope="s", key="k", fingerprint="f", work=breaks)
    assert not Program.objects.filter(slug="half-done").exists()
    work = Work()
    request_once(program=program, scope="s", key="k", fingerprint="g", work=work)
    assert work.times == 1


def test_a_key_is_forgotten_after_a_day(program: Program) -> None:
    work = Work()
    once(program, work)
    IdempotentRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert once(program, work, body=b"[]").repeated is False
    IdempotentRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert requests_forget() == 1
    assert not IdempotentRequest.objects.exists()


def test_parts_of_a_fingerprint_do_not_run_together() -> None:
    assert fingerprint_of(b"ab", b"c") != fingerprint_of(b"a", b"bc")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_time_one_does_the_work() -> None:
    program: Program = ProgramFactory.create()
    done: list[int] = []
    answers: list[Remembered] = []

    def slowly() -> Answer:
        done.append(1)
        time.sleep(0.3)
        return Answer(200, "{}")

    def ask() -> None:
        answers.append(request_once(program=program, scope="s", key="k", fingerprint="f", work=slowly))
        connection.close()

    threads = [threading.Thread(target=ask) for _one in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(done) == 1
    assert sorted(answer.repeated for answer in answers) == [False, *[True] * 5]
