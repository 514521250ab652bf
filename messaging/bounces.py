"""Refusals that are sure to come again: the address is written to no more, until there is another or a member knows better."""

from __future__ import annotations

from collections.abc import Sequence

from batches.kinds import Outcome
from batches.reasons import reason_of
from batches.states import ItemStatus
from campaigns.states import OptOutSource
from campaigns.suppressions import suppress

from .providers.base import Provider


def hard_bounces_suppress(*, provider: Provider, outcomes: Sequence[Outcome]) -> None:
    """Suppress the addresses of outcomes that failed for good, as `BroadcastHandover.record` gets them.

    What the sandbox made up says nothing about an address. Part of the transaction that reports the outcomes.
    """
    if provider.simulated:
        return
    failed = [one for one in outcomes if one.status == ItemStatus.FAILED and one.record is not None]
    for reason in sorted({one.reason for one in failed if reason_of(one.reason).hopeless}):
        letters = [one.record[0] for one in failed if one.reason == reason]
        suppress(
            people={letter.key: letter.address for letter in letters},
            channel_type=provider.reaches,
            source=OptOutSource.BOUNCE,
            reason=str(reason_of(reason).words),
        )
