"""How many messages of a channel all workers hand over at once: the places are shared fairly, and are never more than the cap."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from redis import Redis

from batchadmin.lib.redis_connection import quick_client
from messaging import places as module
from messaging.places import Grant, Places, places_key

CHANNEL = 1


@pytest.fixture
def places(redis_db: Redis) -> Places:
    """Places of channels that are known already."""
    return Places(redis_db, settles=0)


def held(places: Places, who: str, wanted: int = 4, cap: int = 4) -> int:
    """What somebody gets who closes at once what is too much."""
    grant = places.take(CHANNEL, who, cap, wanted)
    if grant.held > grant.count:
        places.lower(CHANNEL, who, grant.count)
    return grant.count


def test_who_is_alone_gets_what_it_wants_and_no_more_than_the_cap(places: Places) -> None:
    assert held(places, "a", wanted=4, cap=10) == 4
    assert held(places, "b", wanted=40, cap=10) == 6


def test_who_comes_later_gets_a_fair_share_once_the_first_has_asked_again(places: Places) -> None:
    assert held(places, "a") == 4
    assert held(places, "b") == 0
    assert held(places, "a") == 2
    assert held(places, "b") == 2


def test_what_can_not_be_divided_is_the_firsts(places: Places) -> None:
    for _round in range(2):
        for who in "abc":
            held(places, who)
    assert [held(places, who) for who in "abc"] == [2, 1, 1]


def test_who_wants_only_one_leaves_the_rest_to_others(places: Places) -> None:
    held(places, "a", wanted=9, cap=10)
    held(places, "b", wanted=9, cap=10)
    held(places, "single", wanted=1, cap=10)
    found = [held(places, who, wanted=9, cap=10) for who in "ab"]
    assert held(places, "single", wanted=1, cap=10) == 1
    assert found == [5, 4]


def test_where_there_are_fewer_places_than_workers_the_last_ones_wait(places: Places) -> None:
    assert [held(places, who, cap=2) for who in "abc"] == [2, 0, 0]
    assert [held(places, who, cap=2) for who in "abc"] == [1, 1, 0]


def test_what_is_too_much_stays_ones_own_until_it_is_closed(places: Places) -> None:
    held(places, "a")
    held(places, "b")
    assert places.take(CHANNEL, "a", 4, 4) == Grant(2, 4)
    assert held(places, "b") == 0
    places.lower(CHANNEL, "a", 2)
    assert held(places, "b") == 2


def test_what_was_let_go_of_is_the_others(places: Places) -> None:
    held(places, "a")
    places.lower(CHANNEL, "a", 0)
    assert held(places, "b") == 4


def test_a_lower_cap_holds_from_the_next_time_on(places: Places) -> None:
    held(places, "a", wanted=8, cap=8)
    assert held(places, "b", wanted=8, cap=3) == 0
    assert held(places, "a", wanted=8, cap=3) == 2
    assert held(places, "b", wanted=8, cap=3) == 1


def test_a_higher_cap_holds_from_the_next_time_on(places: Places) -> None:
    held(places, "a", cap=1)
    assert held(places, "a", cap=3) == 3


def test_places_of_one_who_is_not_heard_of_any_more_come_back(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_FOR", 0.01)
    held(places, "dead")
    deadline = time.monotonic() + 60
    while held(places, "b") < 4:
        assert time.monotonic() < deadline
    assert places.holders(CHANNEL) == ["b"]


def test_who_got_none_is_not_counted_for_long(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    held(places, "a")
    monkeypatch.setattr(module, "WAITS_FOR", 0.01)
    assert held(places, "b") == 0
    deadline = time.monotonic() + 60
    while held(places, "a") < 4:
        assert time.monotonic() < deadline


def test_resting_places_are_kept_while_nobody_waits(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN", 0)
    held(places, "a")
    stay = places.may_keep(CHANNEL, "a", 4)
    assert (stay.keep, stay.others_wait) == (True, False)


def test_resting_places_are_passed_on_to_who_waits_after_a_turn(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TURN", 3600)
    held(places, "a", cap=1)
    held(places, "b", cap=1)
    stay = places.may_keep(CHANNEL, "a", 1)
    assert (stay.keep, stay.others_wait) == (True, True)
    monkeypatch.setattr(module, "TURN", 0)
    assert not places.may_keep(CHANNEL, "a", 1).keep
    places.lower(CHANNEL, "a", 0)
    assert held(places, "a", cap=1) == 0  # it has had its turn, though it is the first to ask
    assert held(places, "b", cap=1) == 1


def test_channels_do_not_share(places: Places) -> None:
    held(places, "a")
    assert places.take(CHANNEL + 1, "b", 4, 4).count == 4


def test_many_who_come_and_go_never_hold_more_than_the_cap(redis_db: Redis) -> None:
    holds = dict.fromkeys(range(8), 0)
    most: list[int] = []
    counted = threading.Lock()

    def come_and_go(number: int) -> None:
        places, who = Places(redis_db, settles=0), str(number)
        for turn in range(60):
            grant = places.take(CHANNEL, who, 5, 1 + (number + turn) % 4)
            with counted:  # what is held really changes after the grant, and before it is said to be less
                holds[number] = grant.count
                most.append(sum(holds.values()))
            if turn % 5 == number % 5:
                with counted:
                    holds[number] = 0
                places.lower(CHANNEL, who, 0)
            elif grant.held > grant.count:
                places.lower(CHANNEL, who, grant.count)

    threads = [threading.Thread(target=come_and_go, args=[number]) for number in holds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 480
    assert 0 < max(most) <= 5


def test_after_redis_was_emptied_who_held_places_keeps_them_and_others_wait(redis_db: Redis) -> None:
    first, second = Places(redis_db, settles=0), Places(redis_db, settles=3600)
    assert first.take(CHANNEL, "a", 4, 3).count == 3
    redis_db.delete(places_key(CHANNEL))
    assert second.take(CHANNEL, "b", 4, 4).count == 0
    first._settles = 3600
    assert first.take(CHANNEL, "a", 4, 3).count == 2  # "b" shares by now
    assert second.take(CHANNEL, "b", 4, 4).count == 0


def test_without_redis_each_process_takes_a_careful_share(settings: Any) -> None:
    settings.WORKERS = 2
    settings.RQ_QUEUES = {"express": {"URL": "redis://127.0.0.1:1"}}
    away = Places(quick_client())
    assert away.take(CHANNEL, "a", 40, 4) == Grant(4, 4)
    assert away.take(CHANNEL, "a", 8, 4) == Grant(2, 4)
    assert away.take(CHANNEL, "a", 3, 4).count == 0
    assert not away.may_keep(CHANNEL, "a", 3).keep
    away.lower(CHANNEL, "a", 0)
    assert away.held(CHANNEL, "a") == 0
