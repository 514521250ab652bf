"""Small kinds to try the engine with: two that write data, two that hand letters over; one of each has a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from batchadmin.accounts.models import User
from batches.kinds import Allowance, Answer, Begin, DataKind, Handover, Kind, Line, Outcome, SendKind, Verdict
from batches.ledger import LedgerRow
from batches.models import BatchRequest
from batches.services import batch_request
from batches.states import ItemStatus


class Marking(DataKind):
    """Succeeds for every line, skips payload "skip", and raises for payload "bad"."""

    code = "marking"
    type = "Marking"
    chunk = 8
    seen: ClassVar[list[int]] = []

    def page(self, batch: BatchRequest) -> str:
        return f"/marking/{batch.pk}"

    def process(self, batch: BatchRequest, lines: Sequence[Line]) -> Sequence[Outcome]:
        if any(line.payload == "bad" for line in lines):
            raise ValueError("this line is bad")
        type(self).seen += [line.key for line in lines]
        return [
            Outcome(line.key, ItemStatus.SKIPPED, "not_wanted")
            if line.payload == "skip"
            else Outcome(line.key, ItemStatus.SUCCEEDED)
            for line in lines
        ]


class Letters(SendKind):
    """Hands every line's key to `post`, which tests replace; keeps what it was asked to record."""

    code = "letters"
    type = "Letters"
    sent: ClassVar[list[int]] = []
    recorded: ClassVar[list[Outcome]] = []
    settled_: ClassVar[list[Outcome]] = []
    answer: ClassVar[Callable[[int], Answer]] = staticmethod(lambda key: Answer(Verdict.ACCEPTED))
    on_hand_over: ClassVar[Callable[[int], None]] = staticmethod(lambda key: None)
    break_open: ClassVar[Exception | None] = None

    def page(self, batch: BatchRequest) -> str:
        return f"/letters/{batch.pk}"

    def open(self, batch: BatchRequest) -> Handover:
        if self.break_open:
            raise self.break_open
        return Post()

    def settled(self, batch: BatchRequest, outcomes: Sequence[Outcome]) -> None:
        self.settled_.extend(outcomes)

    @classmethod
    def reset(cls) -> None:
        cls.sent, cls.recorded, cls.settled_ = [], [], []
        cls.answer = staticmethod(lambda key: Answer(Verdict.ACCEPTED))
        cls.on_hand_over = staticmethod(lambda key: None)
        cls.break_open = None


class Post(Handover):
    """The way to the letter box."""

    concurrency = 4

    def allowance(self, wanted: int) -> Allowance:
        return Allowance(wanted)

    def prepare(self, lines: Sequence[Line]) -> tuple[list[tuple[Line, Any]], list[Outcome]]:
        ready = [(line, line.key) for line in lines if line.payload != "opted out"]
        left_out = [
            Outcome(line.key, ItemStatus.SKIPPED, "opted_out")
            for line in lines
            if line.payload == "opted out"
        ]
        return ready, left_out

    async def hand_over(self, letter: Any, begin: Begin) -> Answer:
        begin()
        Letters.on_hand_over(letter)
        Letters.sent.append(letter)
        return Letters.answer(letter)

    def outcome(self, line: Line, letter: Any, answer: Answer) -> Outcome:
        status = {
            Verdict.ACCEPTED: ItemStatus.SUCCEEDED,
            Verdict.REFUSED: ItemStatus.FAILED,
            Verdict.AMBIGUOUS: ItemStatus.UNKNOWN,
        }.get(answer.verdict, ItemStatus.PENDING)
        return Outcome(
            line.key, status, answer.reason, answer.detail, free=answer.verdict is Verdict.THROTTLED
        )

    def record(self, outcomes: Sequence[Outcome]) -> None:
        Letters.recorded.extend(outcomes)


class Moving(Marking):
    """A kind of data that is shown on the engine's own pages, and has names for its keys."""

    code = "moving"
    type = "BatchWorkflowStatus"

    def page(self, batch: BatchRequest) -> str:
        return Kind.page(self, batch)

    def people(self, keys: Sequence[int]) -> dict[int, str]:
        return {key: f"Person {key}" for key in keys}


class Mailing(Letters):
    """A kind that sends, is shown on the engine's own pages, and can be restarted."""

    code = "mailing"
    type = "BatchConversations"

    def page(self, batch: BatchRequest) -> str:
        return Kind.page(self, batch)

    def restart(self, batch: BatchRequest, by: User) -> BatchRequest:
        lines = [LedgerRow(key) for key in batch.items.filter(status="failed").values_list("key", flat=True)]
        return batch_request(
            program=batch.program,
            requester=by,
            kind=type(self),
            name=f"{batch.name} again",
            rows=lines,
            restart_of=batch,
        )
