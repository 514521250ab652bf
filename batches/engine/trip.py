"""Letters under way: several at a time, each noted in the journal before and after, on lanes that outlive a claim."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from batches.kinds import Answer, Begin, Handover, HandoverWithdrawn, Line, Verdict

from .journal import Mark
from .loads import Held, Lane, Load, Waiting, fault_of, outcome_of
from .worker import Worker

BEGIN_WITHIN = 2.0  # seconds after the claim in which hand-overs may begin; the rest goes back untouched
LET_GO = 2.0  # seconds that a hand-over has to end in after its time is over; one that doesn't is left behind
LOOK_EVERY = 0.25  # seconds between looks at what takes too long; so much longer may it take
FOLLOWS_WITHIN = (
    1.0  # seconds after which a letter no longer waits for the one before it, if others could take it
)

_MARKS = {
    Verdict.ACCEPTED: Mark.ACCEPTED,
    Verdict.REFUSED: Mark.REFUSED,
    Verdict.RETRY: Mark.REFUSED,
    Verdict.THROTTLED: Mark.REFUSED,
    Verdict.AMBIGUOUS: Mark.AMBIGUOUS,
}


class Trip:
    """The hand-overs of one slice."""

    def __init__(self, road: Handover, worker: Worker) -> None:
        self.road, self.worker = road, worker
        self.began = 0.0  # when the first letters were ready
        self.low = 0  # when so few letters wait for a lane, more are asked for
        self._ready: deque[Waiting] = deque()
        self._loads: list[Load] = []
        self._lanes: set[Lane] = set()
        self._watch: asyncio.TimerHandle | None = None
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
        return sum(load.waiting + len(load.held) for load in self._loads)

    def add(self, load: Load, letters: Sequence[tuple[Line, Any]]) -> None:
        """Let these letters of a load follow those that wait. They leave while `move` runs."""
        self.began = self.began or time.monotonic()
        if load not in self._loads:
            self._loads.append(load)
        load.waiting += len(letters)
        self._ready.extend((load, line, letter) for line, letter in letters)
        self._open_lanes()

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
        for lane in self._lanes:
            self._let_go(lane)
        for load, _line, _letter in self._ready:
            load.waiting -= 1
        self._ready.clear()

    def _patience(self, load: Load) -> float:
        return load.taken_at + BEGIN_WITHIN + load.road.timeout + LET_GO

    def _leave(self, load: Load) -> None:
        """A provider that doesn't end is left behind: the journal's leaf will be the next claim's."""
        for held in load.held.values():
            if held.lane.task is not None:
                held.lane.task.cancel()
            self._lanes.discard(held.lane)
            self._let_go(held.lane)
            answer = fault_of(TimeoutError("it did not end when its time was over"), held.begun)
            load.outcomes.append(outcome_of(load.road, held.line, held.letter, answer))
        for lane in self._lanes:
            if lane.next is not None and lane.next[0] is load:
                self._let_go(lane)
        self._ready = deque(one for one in self._ready if one[0] is not load)
        load.left = True
        load.prepared = True
        load.waiting = 0
        load.held.clear()

    # --- the lanes ------------------------------------------------------------------------------------------------------

    def _open_lanes(self) -> None:
        for _lane in range(min(self.road.concurrency - len(self._lanes), len(self._ready))):
            lane = Lane()
            self._lanes.add(lane)
            lane.task = self.worker.loop.create_task(self._run(lane))
        if self._lanes and self._watch is None:
            self._watch = self.worker.loop.call_later(LOOK_EVERY, self._look)

    async def _run(self, lane: Lane) -> None:
        """Hand over until no letters wait, or the time or the permission have run out."""
        try:
            while (lane.next or self._ready) and await self._next(lane):
                pass
        finally:
            self._lanes.discard(lane)
            self._let_go(lane)
            if not self._lanes:
                self._drop()  # nobody is there to take them
                self._news.set()

    def _let_go(self, lane: Lane) -> None:
        """The letter that was to follow in this lane waits for any of them again."""
        if lane.next is not None:
            lane.next[0].road.not_following(lane.next[2])
            self._ready.appendleft(lane.next)
            lane.next = None

    def _follower(self, lane: Lane, load: Load) -> Any | None:
        """The letter that follows in this lane, from now on. The last ones are left to whoever is free first."""
        if lane not in self._lanes or len(self._ready) < len(self._lanes):
            return None
        if load.left or self._ready[0][0].road is not load.road:
            return None
        lane.next, lane.since = self._ready.popleft(), time.monotonic()
        return lane.next[2]

    def _look(self) -> None:
        """Tell those whose time is over; and let others have what follows on one that takes long."""
        now = time.monotonic()
        for load in self._loads:
            for held in load.held.values():
                if now > held.until and not held.late and held.lane.task is not None:
                    held.late = True
                    held.lane.task.cancel()
        if not self._ready and len(self._lanes) < self.road.concurrency:
            for lane in self._lanes:
                if now > lane.since + FOLLOWS_WITHIN:
                    self._let_go(lane)
            self._open_lanes()
        self._watch = self.worker.loop.call_later(LOOK_EVERY, self._look) if self._lanes else None

    async def _next(self, lane: Lane) -> bool:
        """One letter; False if this lane should not go on."""
        load, line, letter = lane.next or self._ready.popleft()
        lane.next = None
        load.waiting -= 1
        now = time.monotonic()
        goes_on = self.worker.may_hand_over()
        if not goes_on or now > load.taken_at + BEGIN_WITHIN:  # it goes back; the next claim's may go
            load.road.not_following(letter)
            self._tell(load)
            return goes_on
        held = load.held[line.key] = Held(line, letter, lane, now + load.road.timeout)
        if self._asks:
            self._tell(load)
        answer = await self._one(load, held)
        if load.left:
            return False
        del load.held[line.key]
        if answer is None:
            load.road.not_following(letter)
        else:
            load.outcomes.append(outcome_of(load.road, line, letter, answer))
        self._tell(load)
        return answer is not None

    def _tell(self, load: Load) -> None:
        if (self._asks and len(self._ready) <= self.low) or load.is_done:
            self._news.set()

    async def _one(self, load: Load, held: Held) -> Answer | None:
        """One hand-over with its journal: intent before the first byte that counts, the fate after the answer."""
        index, lane = load.place[held.line.key], held.lane
        begin = self._beginning(load, held, index)
        try:
            answer = await load.road.hand_over_ahead(held.letter, begin, lambda: self._follower(lane, load))
            verdict = _MARKS[answer.verdict]
        except asyncio.CancelledError:
            if load.left or not held.late:
                raise
            answer = fault_of(TimeoutError(), held.begun)
            verdict = _MARKS[answer.verdict]
        # Whatever a provider's code raises is an answer of its own, never the batch's end.
        except Exception as error:
            if isinstance(error, HandoverWithdrawn) and not held.begun:
                return None
            answer = fault_of(error, held.begun)
            verdict = _MARKS[answer.verdict]
        finally:
            if held.late and lane.task is not None:
                lane.task.uncancel()
        if not load.left:
            load.leaf.mark(index, verdict)
        return answer

    def _beginning(self, load: Load, held: Held, index: int) -> Begin:
        leaf = load.leaf

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

        return begin
