"""What the engine answers when somebody asks whether the site can do its work."""

from __future__ import annotations

from batches.engine.sweeper import workers_alive


def workers_are_alive() -> bool:
    """Whether any worker has renewed its lease in time."""
    return workers_alive() > 0
