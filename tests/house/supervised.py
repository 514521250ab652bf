"""Run as a process of its own: supervises programs, each a piece of Python given as NAME=RANK=CODE, and prints what is said."""

import sys

from batchadmin.lib.supervisor import Program, Supervisor


def say(sentence: str) -> None:
    """Print it now."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


programs = []
for argument in sys.argv[1:]:
    name, rank, code = argument.split("=", 2)
    programs.append(Program(name=name, command=[sys.executable, "-u", "-c", code], stop_rank=int(rank)))
Supervisor(programs, say=say).run()
say("stopped")
