"""The supervisor brings back what ends, ends what runs in order, and takes its children along however it dies."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures import processes
from tests.house.holding import environment

SUPERVISED = Path(__file__).with_name("supervised.py")
WAITS = "import time; print('up\\n', end=''); time.sleep(60)"
ENDS_IN_ORDER = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), print("{0} ended\\n", end=""), sys.exit()))
print("up\\n", end="")
while True: time.sleep(1)
"""
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up\\n', end=''); time.sleep(60)"

Supervised = subprocess.Popen[str]


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []

    def start(*programs: str) -> Supervised:
        command = [sys.executable, str(SUPERVISED), *programs]
        env = environment(tmp_path)
        started.append(
            subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
        return started[-1]

    yield start
    for one in started:
        below = processes.descendants(one.pid)
        one.kill()
        one.wait()
        processes.kill(*below)
        if one.stdout:
            one.stdout.close()


def line(one: Supervised) -> str:
    assert one.stdout
    return one.stdout.readline().strip()


def rest(one: Supervised) -> list[str]:
    assert one.stdout
    return one.stdout.read().splitlines()


def test_what_ends_is_started_again_after_growing_pauses(supervised: Callable[..., Supervised]) -> None:
    one = supervised("Program=1=import sys; sys.exit(3)")
    assert [line(one) for _ in range(3)] == [
        "Program ended (exit status 3); starting it again in 0.5 s.",
        "Program ended (exit status 3); starting it again in 1 s.",
        "Program ended (exit status 3); starting it again in 2 s.",
    ]


def test_what_is_killed_is_started_again(supervised: Callable[..., Supervised]) -> None:
    one = supervised(f"Program=1={WAITS}")
    assert line(one) == "up"
    processes.kill(*processes.children(one.pid))
    assert line(one) == "Program ended (by SIGKILL); starting it again in 0.5 s."
    assert line(one) == "up"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_programs_are_ended_rank_by_rank(
    supervised: Callable[..., Supervised], number: signal.Signals
) -> None:
    one = supervised("B=1=" + ENDS_IN_ORDER.format("B"), "A=0=" + ENDS_IN_ORDER.format("A"))
    assert [line(one), line(one)] == ["up", "up"]
    one.send_signal(number)
    assert rest(one) == ["A ended", "B ended", "stopped"]
    assert one.wait() == 0


def test_a_second_ctrl_c_ends_everything_at_once(supervised: Callable[..., Supervised]) -> None:
    one = supervised(f"Program=1={IGNORES}")
    assert line(one) == "up"
    one.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        one.wait(timeout=1)
    one.send_signal(signal.SIGINT)
    assert rest(one) == ["Program doesn't end by itself and is killed.", "stopped"]
    assert one.wait() == 0


def test_the_children_of_a_killed_supervisor_end_in_order(supervised: Callable[..., Supervised]) -> None:
    one = supervised("A=1=" + ENDS_IN_ORDER.format("A"))
    assert line(one) == "up"
    child = processes.children(one.pid)[0]
    one.kill()
    assert rest(one) == ["A ended"]
    processes.wait_until(lambda: not processes.is_running(child), seconds=60, what="the child to end")
