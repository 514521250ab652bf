"""Which connections to e-mail services rest between messages, and which are closed."""

from __future__ import annotations

import pytest

from messaging.providers.anymail_backends import Backends


class Backend:
    """Something with an open connection."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def backends() -> Backends:
    """At most two may rest."""
    return Backends(2)


def used(backends: Backends, channel: int, settings: str = "as first set") -> Backend:
    """The backend that one message goes by."""
    with backends.lent((channel, settings), Backend) as backend:
        assert not backend.closed
        found: Backend = backend
    return found


def test_what_rests_is_used_again(backends: Backends) -> None:
    assert used(backends, 1) is used(backends, 1)


def test_two_messages_at_once_have_one_each(backends: Backends) -> None:
    with backends.lent((1, ""), Backend) as first, backends.lent((1, ""), Backend) as second:
        assert first is not second


def test_one_rests_again_whose_message_broke(backends: Backends) -> None:
    with pytest.raises(ValueError, match="broken"), backends.lent((1, ""), Backend) as first:
        raise ValueError("broken")
    assert used(backends, 1, "") is first


def test_those_of_former_settings_are_closed_and_not_used(backends: Backends) -> None:
    former = used(backends, 1)
    now = used(backends, 1, "as set since")
    assert now is not former
    assert (former.closed, now.closed) == (True, False)


def test_the_channel_that_has_rested_longest_makes_room(backends: Backends) -> None:
    first, second = used(backends, 1), used(backends, 2)
    used(backends, 1)
    third = used(backends, 3)
    assert [one.closed for one in (first, second, third)] == [False, True, False]
