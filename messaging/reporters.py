"""Channels as those who call us name them, remembered for a moment: a provider may call a thousand times a second."""

from __future__ import annotations

import time
from uuid import UUID

from django.http import Http404

from .models import Channel
from .providers.registry import provider_of
from .providers.reporting import ReportingProvider

# How long a change of a channel's secret may take to be heeded by processes that know the old one. What the old one doesn't
# open is tried with the new one at once.
REMEMBERED = 2.0


class ReporterAbsent(Exception):
    """The channel's provider is not installed here: whoever calls should call again."""


class Reporters:
    """The providers of channels that were just called."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[float, ReportingProvider]] = {}

    def recent(self, public_id: UUID) -> ReportingProvider | None:
        """The channel's provider as it was a moment ago; None if nobody has just asked for it."""
        until, provider = self._known.get(public_id, (0.0, None))
        return provider if time.monotonic() < until else None

    def read(self, public_id: UUID) -> ReportingProvider:
        """The channel's provider as of now; raises Http404 without a channel, or when its provider never
        calls, and ReporterAbsent when that is not installed."""
        self._known.pop(public_id, None)
        channel = Channel.objects.select_related("program").filter(public_id=public_id).first()
        provider = provider_of(channel) if channel is not None else None
        if provider is not None and not provider.installed:
            raise ReporterAbsent
        if not isinstance(provider, ReportingProvider):
            raise Http404
        self._known[public_id] = (time.monotonic() + REMEMBERED, provider)
        return provider


REPORTERS = Reporters()
