"""Providers that call us: what happened to a message, and what people write."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from messaging.models import Channel
from messaging.news import Report

from .base import Provider
from .fetching import FileFault


class CannotTell(Exception):
    """Whether a call is the provider's own, or what it says, can't be found out now; the provider should call again."""


class ReportingProvider(Provider):
    """A provider with an address of ours to call, one for each channel."""

    reports = True
    greets: ClassVar[bool] = False  # whether its set-up page asks for a word that it will greet us with
    answer: ClassVar[tuple[str, str]] = ("ok", "text/plain")  # what it wants to hear: content, content type

    @property
    def asks_nobody(self) -> bool:
        """Whether the call itself is all that is needed to tell that it is genuine and what it says: no network, no database."""
        return False

    @abstractmethod
    def is_genuine(self, request: HttpRequest) -> bool:
        """Whether this call is the provider's own. Compares in constant time; raises CannotTell."""

    @abstractmethod
    def report(self, request: HttpRequest) -> Report:
        """What a genuine call says; raises ReportMalformed when it is not what the provider documents."""

    def fetch(self, reference: str) -> bytes:
        """A file that came with a person's message, all of it; raises FileFault."""
        raise FileFault(_("Files that come by this channel can't be fetched."), again=False)

    def wants_log_in(self, request: HttpRequest) -> bool:
        """Whether the caller is to be asked for its log-in first, as HTTP has it."""
        return False

    def addresses(self) -> list[tuple[str, str]]:
        """What an owner enters at the provider, each with what the provider calls it."""
        return [(_("Callback address"), hook_url(self.channel))]

    def caller(self) -> str:
        """Who calls, by the name that an owner knows."""
        return str(self.name)

    def caution(self) -> str:
        """What an owner has to know about who could call in the provider's name; empty where calls are signed."""
        return ""

    def greeting(self, request: HttpRequest) -> str | None:
        """What to answer to the call by which a provider tries our address; None if it isn't to be answered."""
        return None


def hook_url(channel: Channel) -> str:
    """The address that the channel's provider calls, as the provider sees it."""
    return settings.BASE_URL + reverse("hook", kwargs={"public_id": channel.public_id})


def hook_word(channel: Channel) -> str:
    """A secret word of this channel, for providers that show that a call is theirs by repeating one."""
    return salted_hmac("messaging.hooks", str(channel.public_id)).hexdigest()[:32]


def called_url(request: HttpRequest) -> str:
    """The address that was called, as the provider wrote it, whatever proxies have made of it."""
    return str(settings.BASE_URL) + request.get_full_path()
