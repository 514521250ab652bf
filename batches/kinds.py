"""What a kind of batch has to say for itself; the engine does everything else.

A kind is one small class and one line in `settings.BATCH_KINDS`. There are two bases:

- `DataKind` writes data: a chunk's data and its items' outcomes are one transaction, done or not done.
- `SendKind` hands things over to a provider: claimed, handed over, reported; an unclear end is `unknown`.
"""

from __future__ import annotations

import enum
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.lib.routes import address

from .models import BatchRequest
from .refusals import NotPossible
from .states import ItemStatus


@dataclass(slots=True)  # not frozen, as what is made for each message: that takes three times as long
class Line:
    """A line of the ledger as it is handed to a kind: `attempts` counts this one too."""

    key: int
    payload: Any
    attempts: int


@dataclass(slots=True)
class Outcome:
    """How a line ended, or when it may be tried again.

    `reason` is a code of the app's table of reasons, `detail` the words behind it. `pending` means: try again, not before
    `not_before`; with `free` the attempt does not count (throttled, or never begun). `record` is for the kind's own use.
    """

    key: int
    status: ItemStatus
    reason: str = ""
    detail: str = ""
    not_before: datetime | None = None
    free: bool = False
    at: float = field(default_factory=time.time)  # Unix time at which it was known
    record: Any = None


@dataclass(slots=True, frozen=True)
class Step:
    """The names of the stages that a line is to lead from and to; one that comes from nowhere has no first."""

    before: str
    after: str


class Kind(ABC):
    """One kind of batch request."""

    code: ClassVar[str]  # stands in the database and in the registry
    type: ClassVar[str]  # what pages and the API show
    # Raised when what a batch needs done has changed so that an older release would do it wrongly: it leaves those alone.
    version: ClassVar[int] = 1
    stoppable: ClassVar[bool] = False  # from the page; support can always stop by command
    in_batch_requests: ClassVar[bool] = True  # False: its batches are listed on pages of their own only
    has_steps: ClassVar[bool] = False  # whether its lines bring somebody from one stage to another

    def page(self, batch: BatchRequest) -> str:
        """The address of the page that tells about the batch."""
        return address("batch", {"program": batch.program.slug, "pk": batch.pk})

    def people(self, keys: Sequence[int]) -> dict[int, str]:
        """The names to show for keys of the ledger; a key without a name is shown as a number."""
        return {}

    def steps(self, batch: BatchRequest, payloads: Mapping[int, Any]) -> dict[int, Step]:
        """From where to where each of these lines was asked to be brought, by key; only for kinds with `has_steps`."""
        return {}

    def ended(self, batch: BatchRequest) -> None:
        """Called in the transaction that ends the batch, however it ends; for what the app says of it itself."""
        return

    def restart(self, batch: BatchRequest, by: User) -> BatchRequest:
        """Request the work of `batch` anew for those whom it did not reach; returns the new batch.

        Raises NotPossible for kinds, and for batches, that can't be restarted, and AlreadyRestarted for a second restart.
        """
        raise NotPossible(
            _("Batches of this type can't be restarted. Select those who are left, and start a new one.")
        )


class LaterKind(Kind):
    """Stands for a kind that only a newer release knows: enough to show its batches, nothing that would touch them."""

    code = ""
    type = ""


class DataKind(Kind):
    """A kind whose work is data in this database."""

    chunk: ClassVar[int] = 2_000  # items in one transaction

    @abstractmethod
    def process(self, batch: BatchRequest, lines: Sequence[Line]) -> Sequence[Outcome]:
        """Write the data of these lines and say how each ended (succeeded, failed or skipped); exactly one outcome a line.

        Runs inside the transaction that records the outcomes. An exception undoes the chunk; it is then halved until the
        bad line stands alone and fails with the exception's words.
        """


class Verdict(enum.Enum):
    """What a provider's answer says about the fate of a hand-over."""

    ACCEPTED = "accepted"  # it has it
    REFUSED = "refused"  # it provably hasn't, and won't
    RETRY = "retry"  # it provably hasn't, but may later
    THROTTLED = "throttled"  # it provably hasn't: we are too fast; burns no attempt
    AMBIGUOUS = "ambiguous"  # it may or may not have it


@dataclass(slots=True)
class Answer:
    """A provider's answer to one hand-over. `wait` (seconds) is when to come back for RETRY and THROTTLED, if it said so."""

    verdict: Verdict
    reason: str = ""
    detail: str = ""
    provider_id: str = ""
    wait: float | None = None


class HandoverWithdrawn(Exception):
    """Raised by `begin()`: the batch was stopped or the lease is lost. Nothing may be sent; close the connection if need be."""


# Called right before the first byte that the provider could act upon. Writes the intent into the journal.
Begin = Callable[[], None]

# Gives the letter that follows in the same place, or None where that isn't known; asked at most once a letter.
Following = Callable[[], Any | None]


@dataclass(slots=True, frozen=True)
class Allowance:
    """How many items may be claimed now (tokens in hand), and, with none, when to come back and why."""

    count: int
    wake_at: datetime | None = None
    reason: str = ""


class Handover(ABC):
    """One slice of sending: made by `SendKind.open`, used by one worker, thrown away after the slice."""

    concurrency: int = 1  # hand-overs at the same time in this worker
    timeout: float = 30.0  # seconds that one hand-over may take
    claims_ahead: bool = True  # whether the next claim may be taken while letters of the last are under way

    @abstractmethod
    def allowance(self, wanted: int) -> Allowance:
        """Take up to `wanted` tokens of the channel's pace; never more than about one second's worth."""

    def give_back(self, tokens: int) -> None:
        """Return tokens that found no item or whose item was never begun."""
        return

    @abstractmethod
    def prepare(self, lines: Sequence[Line]) -> tuple[list[tuple[Line, Any]], list[Outcome]]:
        """Sort the lines into (line, letter ready to go) and outcomes of those not to be sent (opted out, no value, …).

        Sees opt-outs, erasure and values as of now. May read the database; never raises for a single bad line.
        """

    @abstractmethod
    async def hand_over(self, letter: Any, begin: Begin) -> Answer:
        """Hand one letter to the provider: `begin()` first, right before anything it could act upon, then send.

        Runs concurrently with itself. Returns an answer also for faults; an exception counts as ambiguous once
        `begin()` has been called, and as RETRY before that.
        """

    async def hand_over_ahead(self, letter: Any, begin: Begin, following: Following) -> Answer:
        """The same for a provider that can announce the letter which follows, while it is waited for this one's answer.

        Announced is nothing that could be acted upon. What follows is handed over here next, or `not_following` is called.
        """
        return await self.hand_over(letter, begin)

    def not_following(self, letter: Any) -> None:
        """This letter, which was to follow, isn't handed over here: take back whatever announced it."""
        return

    @abstractmethod
    def outcome(self, line: Line, letter: Any, answer: Answer) -> Outcome:
        """Turn an answer into the line's outcome: retry policy, reasons, and what `record` needs."""

    @abstractmethod
    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Write what the app keeps of these outcomes (messages, chats). Runs inside the transaction that reports them."""

    def close(self) -> None:
        """The slice is over."""
        return


class SendKind(Kind):
    """A kind whose work is done by a provider that can't be asked twice."""

    stoppable = True

    @abstractmethod
    def open(self, batch: BatchRequest) -> Handover:
        """Make ready to send for one slice: channel, compiled message. An exception makes the batch wait for a retry."""

    def hold(self, batch: BatchRequest, keys: Sequence[int]) -> None:
        """Lock what the app keeps of these items before the items themselves are, if its own writes take this order too."""
        return

    @abstractmethod
    def settled(self, batch: BatchRequest, outcomes: Sequence[Outcome]) -> None:
        """Write what the app keeps of outcomes that came outside of a slice: a dead worker's, a late one, a manager's word.

        Items may have a record already (unknown, or sent and now failed) or none; it never goes backwards. Runs inside the
        transaction that changes the items.
        """
