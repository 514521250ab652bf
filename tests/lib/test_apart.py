"""Regular work on many things: one that breaks is told, and keeps no other from its turn."""

from __future__ import annotations

import logging

import pytest
from django.db import OperationalError

from batchadmin.lib.apart import each_apart

LOG = logging.getLogger("tests.apart")


def halve(number: int) -> int:
    if number % 2:
        raise ValueError("odd")
    return number // 2


def test_one_that_breaks_is_logged_and_the_others_are_done(caplog: pytest.LogCaptureFixture) -> None:
    assert each_apart([2, 3, 4], halve, log=LOG, words="%s can't be halved") == 3
    assert "3 can't be halved" in caplog.text
    assert "ValueError: odd" in caplog.text


def test_a_database_that_is_away_is_nobodys_own_fault() -> None:
    def ask(_number: int) -> int:
        raise OperationalError("the server closed the connection")

    with pytest.raises(OperationalError):
        each_apart([1, 2], ask, log=LOG, words="%s")
