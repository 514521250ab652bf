"""What a provider of messages has to say for itself. To add one, see docs/adding-a-provider.md."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.functional import Promise

from batches.kinds import Answer, Begin, Following
from campaigns.states import ChannelType

from .offers import Offer

if TYPE_CHECKING:
    from messaging.models import Channel
    from messaging.states import ReceiptWhat

HAND_OVER_SECONDS = 30.0
CHECK_SECONDS = 10.0


class ProviderFault(Exception):
    """The provider can't be used at all at present: down, or our log-in is refused. Nobody's message failed for it.

    `reason` is a code of the table of reasons; the text is what the provider said, in short.
    """

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


@dataclass(slots=True, frozen=True)
class Sender:
    """Who a message is from."""

    name: str
    address: str


@dataclass(slots=True, frozen=True)
class Header:
    """What stands on top of an approved message: a text, or the address of an image, a video or a document."""

    type: str
    value: str
    name: str = ""  # of its variable, where variables have names


@dataclass(slots=True, frozen=True)
class Button:
    """What varies of a button of an approved message; `index` counts from 0."""

    index: int
    type: str
    value: str


@dataclass(slots=True, frozen=True)
class Approved:
    """A message that the provider has approved beforehand, with the texts of its variables in their order."""

    name: str
    language: str
    parameters: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # of the variables, where they have names rather than numbers
    header: Header | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(slots=True, frozen=True)
class Enclosure:
    """A file that goes along with a message."""

    name: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Letter:
    """One message, ready to be handed over. `our_id` is made from the item and never changes."""

    key: int
    our_id: str
    address: str
    name: str
    subject: str
    body: str
    approved: Approved | None = None  # instead of free text
    html: str = ""  # beside the body, where the channel takes it
    enclosures: tuple[Enclosure, ...] = ()
    unsubscribe: str = ""  # the address by which this person opts out of bulk messages
    sealed: Any = None  # what `seal` made of it


@dataclass(slots=True, frozen=True)
class LaterNews:
    """A receipt that a provider is known to send later: only the sandbox knows such things beforehand."""

    what: ReceiptWhat
    due_at: datetime
    reason: str = ""
    detail: str = ""


@dataclass(slots=True, frozen=True)
class Option:
    """One choice of a provider that a channel stores: its form field, and whether it is kept encrypted."""

    field: forms.Field
    secret: bool = False


@dataclass(slots=True)
class ProviderOptions:
    """The values of a channel's options, the missing ones filled with their defaults."""

    values: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> float:
        return float(self.values.get(name) or 0)


class Provider(ABC):
    """One way to send, with one channel's settings. Made anew for each slice; connections may outlive it."""

    do_not_call_in_templates = True  # a template shows the class; it would call it otherwise

    code: ClassVar[str]  # stands in the database
    name: ClassVar[str | Promise]  # what people see
    about: ClassVar[str | Promise] = ""  # one sentence for the form
    reaches: ClassVar[ChannelType] = ChannelType.EMAIL  # which address it needs, which opt-out it heeds
    reports: ClassVar[bool] = False  # whether it ever says "delivered" and "read"
    simulated: ClassVar[bool] = False
    installed: ClassVar[bool] = True
    has_subject: ClassVar[bool] = True
    window: ClassVar[timedelta | None] = (
        None  # how long after a person's last message free text may go to them
    )
    takes_approved: ClassVar[bool] = False  # whether it has messages that it approved beforehand
    options: ClassVar[Mapping[str, Option]] = {}
    timeout: float = HAND_OVER_SECONDS

    def __init__(self, channel: Channel, sender: Sender) -> None:
        self.channel = channel
        self.sender = sender
        defaults = {name: option.field.initial for name, option in self.options.items()}
        self.chosen = ProviderOptions({**defaults, **channel.settings, **channel.secrets})

    @classmethod
    def counts_opens(cls, channel: Channel) -> bool:
        """Whether HTML messages of the channel bring a picture of ours, by which we see that they are opened."""
        return False

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the channel's settings do, so that connections made with old ones aren't used."""
        content = json.dumps([self.code, self.chosen.values], sort_keys=True, default=str)
        return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()

    def problem(self) -> str:
        """Why nothing can be sent with these settings, in words; empty if nothing is known against it."""
        return ""

    def address_problem(self, address: str) -> str:
        """Why this address can't be used, as a code of the table of reasons; empty if it can."""
        return ""

    def seal(self, letter: Letter) -> None:
        """Do beforehand what can be done without the provider, for instance put the message into its wire form."""
        return

    @abstractmethod
    async def check(self) -> str:
        """Connect for real, log in, send nothing. Returns what to say of it; raises ProviderFault."""

    @abstractmethod
    async def hand_over(self, letter: Letter, begin: Begin) -> Answer:
        """Hand one message over; `begin()` right before the first byte that could make it go out.

        Returns an answer for everything the provider said about this message; raises ProviderFault when the provider
        as a whole can't be used and provably didn't take this message.
        """

    async def hand_over_ahead(self, letter: Letter, begin: Begin, following: Following) -> Answer:
        """The same, where the letter that `following()` gives may be announced along with this one; nothing of its content."""
        return await self.hand_over(letter, begin)

    def not_following(self, letter: Letter) -> None:
        """A letter that was to follow doesn't: take back what announced it."""
        return

    async def offers(self) -> list[Offer]:
        """The messages that it has approved for this channel; raises ProviderFault. None where it can't be asked."""
        return []

    async def rest(self, most: int) -> None:
        """Nothing is under way: keep at most so many connections of the channel open. For providers that count connections."""
        return

    async def aclose(self) -> None:
        """The event loop is about to end: leave nothing open in it. Workers, whose loop lives on, don't call this."""
        return

    def later(self, letter: Letter, now: datetime) -> list[LaterNews]:
        """The receipts that are going to come for a message that was just accepted, if that is known."""
        return []
