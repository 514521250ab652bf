"""Letters under way: several at a time, each noted in the journal before and after, on lanes that outlive a claim."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from batches.kinds import Answer, Handover, HandoverWithdrawn, Line, Outcome, Verdict
from batches.states import ItemStatus

from .journal import Leaf, Mark
from .worker import Worker

BEGIN_WITHIN = 2.0  # seconds after the claim in which hand-overs may begin; the rest goes back untouched
LET_GO = 2.0  # seconds that a hand-over has to end in after its time is over; one that doesn't is left behind

log = logging.getLogger("batches.sending")

_MARKS = {
    Verdict.ACCEPTED: Mark.ACCEPTED,
    Verdict.REFUSED: Mark.REFUSED,
    Verdict.RETRY: Mark.REFUSED,
    Verdict.THROTTLED: Mark.REFUSED,
    Verdict.AMBIGUOUS: Mark.AMBIGUOUS,
}

# What an answer makes of an item whose kind can't say it better.
_PLAINLY = {Verdict.ACCEPTED: ItemStatus.SUCCEEDED, Verdict.AMBIGUOUS: ItemStatus.UNKNOWN}


@dataclass(slots=True)
class Held:
    """A letter that is being handed over."""

    line: Line
    letter: Any
    lane: asyncio.Task[Any] | None
    begun: bool = False


@dataclass(slots=True, eq=False)
class Load:
    """A claim under way: what of it is still to be handed over, and what has become of the rest."""

    claim: int
    lines: Sequence[Line]
    leaf: Leaf
    road: Handover
    outcomes: list[Outcome] = field(default_factory=list)
    waiting: int = 0  # letters that no lane has taken yet
    held: dict[int, Held] = field(default_factory=dict)
    prepared: bool = False  # no more letters are going to come
    left: bool = False  # nothing of it begins, and nothing is written into the journal, any more
    taken_at: float = field(default_factory=time.monotonic)
    place: dict[int, int] = field(init=False)  # of each key in the journal's leaf

    def __post_init__(self) -> None:
        self.place = {line.key: index for index, line in enumerate(self.lines)}

    @property
    def is_done(self) -> bool:
        """Whether all of it is decided, or goes back."""
        return self.prepared and not self.waiting and not self.held


class Trip:
    """The hand-overs of one slice."""

    def __init__(self, road: Handover, worker: Worker) -> None:
        self.road, self.worker = road, worker
        self.began = 0.0  # when the first letters were ready
        self.low = 0  # when so few letters wait for a lane, more are asked for
        self._ready: deque[tuple[Load, Line, Any]] = deque()
        self._loads: list[Load] = []
        self._lanes: set[asyncio.Task[None]] = set()
        self._asks = False
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Letters that no lane has taken yet."""
        return len(self._ready)

    @property
    def is_empty(self) -> bool:
        """Whether no load is under way."""
        return not self._loads

    @property
    def under_way(self) -> int:
        """Letters that are not decided."""
        return len(self._ready) + sum(len(load.held) for load in self._loads)

    def add(self, load: Load, letters: Sequence[tuple[Line, Any]]) -> None:
        """Let these letters of a load follow those that wait. They leave while `move` runs."""
        self.began = self.began or time.monotonic()
        if load not in self._loads:
            self._loads.append(load)
        load.waiting += len(letters)
        self._ready.extend((load, line, letter) for line, letter in letters)
        for _lane in range(min(self.road.concurrency - len(self._lanes), len(self._ready))):
            self._lanes.add(self.worker.loop.create_task(self._lane()))

    def move(self, *, asks: bool = False) -> None:
        """Go on until a load is done (or its time is over), or, if one `asks` for it, until few letters wait."""
        self._asks = asks
        if not self._is_news():
            self._news.clear()
            self.worker.loop.run_until_complete(self._until_news())
        for load in self._loads:
            if not load.is_done and time.monotonic() > self._patience(load):
                self._leave(load)

    def breathe(self) -> None:
        """Let everybody go on who can without waiting."""
        self.worker.loop.run_until_complete(asyncio.sleep(0))

    def nudge(self) -> None:
        """End `move`, from another thread: something else has happened that somebody waits for."""
        self.worker.loop.call_soon_threadsafe(self._news.set)

    def recall(self, loads: Sequence[Load]) -> None:
        """Let nothing more of these loads begin; what has begun may end."""
        self._drop()
        for load in loads:
            load.prepared = True
            if load not in self._loads:
                self._loads.append(load)

    def done(self) -> list[Load]:
        """The loads that are done, each once."""
        done = [load for load in self._loads if load.is_done]
        self._loads = [load for load in self._loads if load not in done]
        return done

    # --- the lanes ------------------------------------------------------------------------------------------------------

    def _is_news(self) -> bool:
        return any(load.is_done for load in self._loads) or (self._asks and len(self._ready) <= self.low)

    async def _until_news(self) -> None:
        patience = min((self._patience(load) for load in self._loads), default=0.0) - time.monotonic()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), max(patience, 0.0) + 0.01)

    def _drop(self) -> None:
        """The letters that wait go back."""
        for load, _line, _letter in self._ready:
            load.waiting -= 1
        self._ready.clear()

    def _patience(self, load: Load) -> float:
        return load.taken_at + BEGIN_WITHIN + load.road.timeout + LET_GO

    def _leave(self, load: Load) -> None:
        """A provider that doesn't end is left behind: the journal's leaf will be the next claim's."""
        load.left = True
        load.prepared = True
        load.waiting = 0
        self._ready = deque(one for one in self._ready if one[0] is not load)
        for held in load.held.values():
            if held.lane is not None:
                held.lane.cancel()
                self._lanes.discard(held.lane)
            answer = _fault(TimeoutError("it did not end when its time was over"), held.begun)
            load.outcomes.append(_outcome(load.road, held.line, held.letter, answer))
        load.held.clear()

    async def _lane(self) -> None:
        """Hand over until no letters wait, or the time or the permission have run out."""
        try:
            while self._ready and await self._next():
                pass
        finally:
            self._lanes.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            if not self._lanes:
                self._drop()  # nobody is there to take them
                self._news.set()

    async def _next(self) -> bool:
        """One letter; False if this lane should not go on."""
        load, line, letter = self._ready.popleft()
        load.waiting -= 1
        self._tell(load)
        if not self.worker.may_hand_over():
            return False
        if time.monotonic() > load.taken_at + BEGIN_WITHIN:  # it goes back; the next claim's may go
            return True
        load.held[line.key] = Held(line, letter, asyncio.current_task())
        answer = await self._one(load, line, letter)
        if load.left:
            return False
        del load.held[line.key]
        if answer is not None:
            load.outcomes.append(_outcome(load.road, line, letter, answer))
        self._tell(load)
        return answer is not None

    def _tell(self, load: Load) -> None:
        if load.is_done or (self._asks and len(self._ready) <= self.low):
            self._news.set()

    async def _one(self, load: Load, line: Line, letter: Any) -> Answer | None:
        """One hand-over with its journal: intent before the first byte that counts, the fate after the answer."""
        leaf, index, held = load.leaf, load.place[line.key], load.held[line.key]

        def begin() -> None:
            if load.left:
                raise HandoverWithdrawn
            if held.begun:  # once more of the same letter, which may have left by now
                return
            leaf.mark(index, Mark.INTENT)
            # In this order: whoever takes over an expired lease may trust "untouched", for this check would fail after it.
            if not self.worker.may_hand_over():
                leaf.mark(index, Mark.UNTOUCHED)
                raise HandoverWithdrawn
            held.begun = True

        try:
            async with asyncio.timeout(load.road.timeout):
                answer = await load.road.hand_over(letter, begin)
                verdict = _MARKS[answer.verdict]
        except (
            Exception
        ) as error:  # whatever a provider's code raises is an answer of its own, never the batch's end
            if isinstance(error, HandoverWithdrawn) and not held.begun:
                return None
            answer = _fault(error, held.begun)
            verdict = _MARKS[answer.verdict]
        if not load.left:
            leaf.mark(index, verdict)
        return answer


def _outcome(road: Handover, line: Line, letter: Any, answer: Answer) -> Outcome:
    try:
        return road.outcome(line, letter, answer)
    except Exception as error:  # one bad answer is one item; what happened is known without the kind's words
        log.exception("What was answered for item %s can't be read", line.key)
        words = f"{type(error).__name__}: {error}"[:300]
        return Outcome(line.key, _PLAINLY.get(answer.verdict, ItemStatus.FAILED), "broken", words)


def _fault(error: Exception, begun: bool) -> Answer:
    words = f"{type(error).__name__}: {error}".strip(": ")[:300]
    if begun:
        return Answer(Verdict.AMBIGUOUS, "unknown", words)
    return Answer(Verdict.RETRY, "connection", words)
