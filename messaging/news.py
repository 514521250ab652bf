"""What a provider tells us of its own accord: receipts, messages from people, addresses that don't want us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from campaigns.states import OptOutSource

from .states import ReceiptWhat

LONGEST_REFERENCE = 1_000


class ReportMalformed(Exception):
    """A report is not what its provider documents; the text says what about it."""


@dataclass(slots=True, frozen=True)
class News:
    """One receipt: `provider_id` is the provider's id of the message, or ours if it hands that back."""

    provider_id: str
    what: ReceiptWhat
    at: datetime
    reason: str = ""
    detail: str = ""


@dataclass(slots=True, frozen=True)
class HeardFile:
    """A file that came along with a message: `reference` is what the provider gives it out for."""

    reference: str
    name: str = ""


@dataclass(slots=True, frozen=True)
class Heard:
    """A message from a person. `address` is as influencers have it: an e-mail address, or a number's digits."""

    provider_id: str
    address: str
    body: str
    at: datetime
    name: str = ""
    files: tuple[HeardFile, ...] = ()


@dataclass(slots=True, frozen=True)
class Unwanted:
    """An address that is not to be written to any more: on whose word, why, since when."""

    address: str
    source: OptOutSource
    why: str
    at: datetime


@dataclass(slots=True)
class Report:
    """Everything that one call of a provider said."""

    news: list[News] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    unwanted: list[Unwanted] = field(default_factory=list)
