"""Our own id of a message: made from its item, so that whoever hands it over again would use the same."""

from __future__ import annotations

import re

OURS = re.compile(r"b([0-9]{1,18})-([0-9]{1,18})")


def our_id(batch_id: int, key: int) -> str:
    """The id that goes out with the message of this item."""
    return f"b{batch_id}-{key}"


def item_of(identifier: str) -> tuple[int, int] | None:
    """The batch and the key that an id of ours was made from; None for any other text."""
    found = OURS.fullmatch(identifier)
    return (int(found[1]), int(found[2])) if found else None
