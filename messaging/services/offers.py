"""What a channel's provider has approved, asked for now and then: pages that show it don't wait for each other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _

from batches.reasons import reason_of
from messaging.models import Channel
from messaging.providers.base import CHECK_SECONDS, Provider, ProviderFault
from messaging.providers.offers import Offer
from messaging.providers.registry import provider_of

from .channels import sentence_of

FRESH_SECONDS = 300
FAILED_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Offers:
    """The approved messages of a channel, or why they can't be listed."""

    all: tuple[Offer, ...] = ()
    problem: str = ""

    def named(self, name: str, language: str) -> Offer | None:
        """The one with this name in this language."""
        return next((one for one in self.all if (one.name, one.language) == (name, language)), None)


def offers_of(channel: Channel | None, *, anew: bool = False) -> Offers:
    """The approved messages; nothing for a channel whose provider has none. Asked for `anew`, or kept for five minutes."""
    provider = provider_of(channel) if channel is not None else None
    if channel is None or provider is None or not provider.takes_approved or provider.problem():
        return Offers()
    key = f"offers-{channel.pk}-{provider.fingerprint}"
    found: Offers | None = None if anew else cache.get(key)
    if found is None:
        found = _asked(provider)
        cache.set(key, found, FAILED_SECONDS if found.problem else FRESH_SECONDS)
    return found


def _asked(provider: Provider) -> Offers:
    async def ask() -> list[Offer]:
        try:
            return await asyncio.wait_for(provider.offers(), CHECK_SECONDS)
        finally:
            await provider.aclose()

    try:
        return Offers(tuple(asyncio.run(ask())))
    except ProviderFault as fault:
        return Offers(problem=sentence_of(reason_of(fault.reason), str(fault)))
    except TimeoutError:
        return Offers(problem=_("No answer within %(seconds)d seconds.") % {"seconds": int(CHECK_SECONDS)})
