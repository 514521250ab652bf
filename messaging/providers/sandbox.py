"""A provider that sends nothing: it takes everything and then reports what a real one might, at rates that can be set."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.kinds import Answer, Begin, Verdict
from campaigns.states import ChannelType
from messaging.states import ReceiptWhat

from .base import LaterNews, Letter, Option, Provider

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


def percent(label: _StrPromise, initial: int, help_text: _StrPromise | str = "") -> Option:
    """A share in per cent, as a channel's option."""
    field = forms.FloatField(min_value=0, max_value=100, initial=initial)
    field.label, field.help_text = label, help_text
    return Option(field)


class SandboxProvider(Provider):
    """Simulates a provider from hand-over to the last receipt. The same person always has the same luck in a broadcast."""

    code = "sandbox"
    name = gettext_lazy("Sandbox (simulated)")
    about = gettext_lazy(
        "Sends nothing to anybody. Shows the whole life of a message, with made-up receipts."
    )
    reaches = ChannelType.EMAIL
    reports = True
    simulated = True
    options: ClassVar[Mapping[str, Option]] = {
        "delivered": percent(gettext_lazy("Delivered, %"), 96),
        "read": percent(gettext_lazy("Read, % of delivered"), 40),
        "failed": percent(gettext_lazy("Failed later, %"), 2),
        "refused": percent(gettext_lazy("Refused at once, %"), 0),
        "late": percent(gettext_lazy("Late receipts, %"), 5, gettext_lazy("They take a minute more.")),
        "latency": Option(
            forms.FloatField(
                label=gettext_lazy("Answers after, milliseconds"), min_value=0, max_value=5_000, initial=1
            )
        ),
        "receipts_after": Option(
            forms.FloatField(
                label=gettext_lazy("Receipts after, seconds"), min_value=0, max_value=3_600, initial=2
            )
        ),
    }

    async def check(self) -> str:
        """There is nothing to connect to."""
        return _("The sandbox is always there. It sends nothing to anybody.")

    async def hand_over(self, letter: Letter, begin: Begin) -> Answer:
        """Take the message, after the time that was set."""
        begin()
        await asyncio.sleep(self.chosen.number("latency") / 1000)
        if self._luck(letter, "refused") < self.chosen.number("refused"):
            return Answer(Verdict.REFUSED, "5.1.1", _("550 5.1.1 No such mailbox (simulated)"))
        return Answer(Verdict.ACCEPTED)

    def later(self, letter: Letter, now: datetime) -> list[LaterNews]:
        """The receipts that are going to come for a message that was taken."""
        wait = self.chosen.number("receipts_after") * (0.5 + self._luck(letter, "wait") / 100)
        if self._luck(letter, "late") < self.chosen.number("late"):
            wait += 60
        at = now + timedelta(seconds=wait)
        fate = self._luck(letter, "fate")
        if fate < self.chosen.number("failed"):
            words = _("550 5.1.1 No such mailbox (simulated)")
            return [LaterNews(ReceiptWhat.FAILED, at, "5.1.1", words)]
        if fate >= self.chosen.number("failed") + self.chosen.number("delivered"):
            return []
        news = [LaterNews(ReceiptWhat.DELIVERED, at)]
        if self._luck(letter, "read") < self.chosen.number("read"):
            news.append(LaterNews(ReceiptWhat.READ, at + timedelta(seconds=wait)))
        return news

    def _luck(self, letter: Letter, about: str) -> float:
        """A number from 0 to 100 that belongs to this message and question."""
        return random.Random(f"{letter.our_id} {about}").random() * 100  # noqa: S311 (a simulation, not a secret)
