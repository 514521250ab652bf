"""Run as a process of its own: supervises programs, each a piece of Python given as NAME=RANK=CODE, and prints what is said."""

import sys

from batchadmin.lib.supervisor import Program, Supervisor
from batchadmin.lib.supervisor import programs as lives
from batchadmin.lib.supervisor import supervising as ends

# A machine that stands still for a while makes no program one that lived well, and none that doesn't end by itself.
lives.LIVED_WELL = ends.ALL_STOP_WITHIN = 3_600.0


def say(sentence: str) -> None:
    """Print it now."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


programs = []
for argument in sys.argv[1:]:
    name, rank, code = argument.split("=", 2)
    programs.append(
        Program(
            name=name, command=[sys.executable, "-u", "-c", code], stop_rank=int(rank), stop_seconds=3_600.0
        )
    )
Supervisor(programs, say=say).run()
say("stopped")
