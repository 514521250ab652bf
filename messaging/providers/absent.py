"""What stands for a provider that is not installed here: its channels are shown, wait, and lose nothing."""

from __future__ import annotations

from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.kinds import Answer, Begin
from campaigns.states import ChannelType

from .base import Letter, Provider, ProviderFault

NOT_INSTALLED = "not_installed"


class AbsentProvider(Provider):
    """Says that it is not installed, and takes nothing. What was reported while it was there goes on being shown."""

    name = gettext_lazy("This channel's provider is not installed here")
    about = gettext_lazy(
        "Nothing is sent by it, and nothing is lost: what waits goes out once whoever runs Batchadmin has installed it again."
    )
    installed = False
    reports = True

    def problem(self) -> str:
        """Always the same."""
        return _("This channel's provider is not installed here.")

    async def check(self) -> str:
        """There is nothing to connect to."""
        raise self.fault()

    async def hand_over(self, letter: Letter, begin: Begin) -> Answer:
        """Nobody's message fails for it."""
        raise self.fault()

    def fault(self) -> ProviderFault:
        """What pauses the channel."""
        return ProviderFault(NOT_INSTALLED, self.code)


@cache
def absent_provider(code: str, reaches: str) -> type[AbsentProvider]:
    """What stands for the provider with this code, whose channels reached people in this way."""
    return type("Absent", (AbsentProvider,), {"code": code, "reaches": ChannelType(reaches)})
