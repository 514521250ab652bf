"""A message only ever goes forward."""

import itertools

import pytest

from messaging.states import MESSAGE_ARROWS, MessageStatus, message_sources

LEGAL = {
    ("queued", "sent"), ("queued", "delivered"), ("queued", "read"), ("queued", "unknown"), ("queued", "failed"),
    ("unknown", "sent"), ("unknown", "delivered"), ("unknown", "read"), ("unknown", "failed"),
    ("sent", "delivered"), ("sent", "read"), ("sent", "failed"),
    ("delivered", "read"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "target"), list(itertools.product(MessageStatus, MessageStatus)))
def test_every_pair_is_legal_only_if_the_drawing_says_so(
    source: MessageStatus, target: MessageStatus
) -> None:
    is_legal = (source.value, target.value) in LEGAL
    assert (target in MESSAGE_ARROWS[source]) is is_legal
    assert (source in message_sources(target)) is is_legal
