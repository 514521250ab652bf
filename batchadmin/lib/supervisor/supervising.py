"""The loop that watches over programs."""

import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType

from .programs import Child, Program

GLANCE = 0.2  # seconds between two looks at the children
ALL_STOP_WITHIN = 15.0  # seconds; what then still runs is killed
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """Keeps programs running until SIGTERM, Ctrl-C or a closed terminal; a second one ends them at once."""

    def __init__(self, programs: Sequence[Program], *, say: Callable[[str], None]) -> None:
        """`say` gets a sentence for whoever watches: what ended, what is being ended."""
        self._children = [Child(program) for program in programs]
        self._say = say
        self._regular: list[tuple[float, Callable[[], None]]] = []
        self._asked_to_end = 0

    def every(self, seconds: float, call: Callable[[], None]) -> None:
        """Call `call` about that often while the programs run. It must be quick and raise nothing."""
        self._regular.append((seconds, call))

    def run(self) -> None:
        """Start everything, keep it running, and return when everything has been ended."""
        before = {number: signal.signal(number, self._ask_to_end) for number in ENDING}
        try:
            self._keep_running()
            self._end()
        finally:
            self._signal_all(signal.SIGKILL)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _keep_running(self) -> None:
        due = [0.0 for _ in self._regular]
        while not self._asked_to_end:
            for child in self._children:
                if sentence := child.ended():
                    self._say(sentence)
                child.start_if_due()
            for number, (seconds, call) in enumerate(self._regular):
                if time.monotonic() >= due[number] and not self._asked_to_end:
                    call()
                    due[number] = time.monotonic() + seconds
            time.sleep(GLANCE)

    def _end(self) -> None:
        """End the programs rank by rank; kill what outlasts its time."""
        last = time.monotonic() + ALL_STOP_WITHIN
        for rank in sorted({child.program.stop_rank for child in self._children}):
            ending = [child for child in self._children if child.program.stop_rank == rank]
            for child in ending:
                child.send(signal.SIGTERM)
            patience = max(child.program.stop_seconds for child in ending)
            self._wait_for(ending, min(last, time.monotonic() + patience))

    def _wait_for(self, ending: Sequence[Child], until: float) -> None:
        while any(child.is_running() for child in ending):
            if time.monotonic() > until or self._asked_to_end > 1:
                for child in ending:
                    if child.is_running():
                        self._say(f"{child.program.name} doesn't end by itself and is killed.")
                        child.send(signal.SIGKILL)
                return
            time.sleep(GLANCE / 4)

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self._children:
            child.send(number)

    def _ask_to_end(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_end += 1
