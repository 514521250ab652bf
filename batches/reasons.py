"""The table of reasons: what a code says in plain words, and what to do next. Apps add theirs when they are made ready."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Policy(enum.Enum):
    """What the engine makes of a reason."""

    SKIP = "skip"  # left out, on purpose
    FINAL = "final"  # failed; trying the same again fails again
    RETRY = "retry"  # tried again by itself
    SLOW_DOWN = "slow_down"
    PAUSE = "pause"  # the whole channel
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason's code, its words, and the next step; `hopeless` ones are sure to fail again in a restart."""

    code: str
    policy: Policy
    words: Words
    next_step: Words = ""
    hopeless: bool = False


_reasons: dict[str, Reason] = {}


def register(*reasons: Reason) -> None:
    """Add reasons to the table. Raises ValueError if a code is taken."""
    for reason in reasons:
        if reason.code in _reasons and _reasons[reason.code] != reason:
            raise ValueError(f"the reason {reason.code} is registered twice")
        _reasons[reason.code] = reason


def hopeless_codes() -> list[str]:
    """The codes of the reasons that are sure to come again in a restart."""
    return [code for code, reason in _reasons.items() if reason.hopeless]


def reason_of(code: str) -> Reason:
    """The reason with this code; one that nobody registered is shown by its code."""
    return _reasons.get(code) or Reason(
        code, Policy.FINAL, code or _("No reason was given"), _("Copy it for support")
    )


register(
    Reason("unknown", Policy.UNKNOWN, _("Handed over, answer lost"), _("Wait, or decide")),
    Reason("stopped", Policy.SKIP, _("Stopped before it was sent"), _("Restart")),
    Reason("restored", Policy.SKIP, _("The database was restored before it was done"), _("Start it anew")),
    Reason("gave_up", Policy.FINAL, _("The batch gave up before this one"), _("Tell support, then restart")),
    Reason("broken", Policy.FINAL, _("This one broke while it was processed"), _("Copy it for support")),
    Reason(
        "connection", Policy.RETRY, _("The connection could not be made"), _("Nothing: tried again by itself")
    ),
    Reason("not_handed_over", Policy.FINAL, _("The worker was lost before this one"), _("Restart")),
    Reason("decided", Policy.FINAL, _("A manager marked it so"), ""),
)
