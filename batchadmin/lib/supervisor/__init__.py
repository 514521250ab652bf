"""Keeps processes running: starts them, brings back those that end, and ends them in order. Knows no app."""

from .instance import AlreadyRunningError, only_instance
from .listening import Listening, PortError, listen
from .programs import Program
from .supervising import Supervisor

__all__ = [
    "AlreadyRunningError",
    "Listening",
    "PortError",
    "Program",
    "Supervisor",
    "listen",
    "only_instance",
]
