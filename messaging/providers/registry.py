"""The providers that are installed, by their codes."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from messaging.models import Channel

from .absent import absent_provider
from .base import Provider, Sender


@cache
def providers() -> dict[str, type[Provider]]:
    """The classes that `settings.MESSAGE_PROVIDERS` names, by code."""
    classes: list[type[Provider]] = [import_string(path) for path in settings.MESSAGE_PROVIDERS]
    return {provider.code: provider for provider in classes}


def provider_class(channel: Channel) -> type[Provider]:
    """The class that sends for this channel; where it isn't installed, one that says so and sends nothing."""
    return _class_of(channel.type) or absent_provider(channel.type, channel.reaches)


@cache
def _class_of(code: str) -> type[Provider] | None:
    """The first of this code in the order of the settings: a worker that sends by SMTP alone reads none that come after."""
    for path in settings.MESSAGE_PROVIDERS:
        provider: type[Provider] = import_string(path)
        if provider.code == code:
            return provider
    return None


def provider_of(channel: Channel, sender: Sender | None = None) -> Provider:
    """The channel's provider, with its settings and this sender, or the program's as it is now."""
    program = channel.program
    sender = sender or Sender(name=program.sender_name, address=program.sender_address)
    return provider_class(channel)(channel, sender)


def silent_types() -> list[str]:
    """The types of channels of which nobody ever says that a message was delivered."""
    return [code for code, provider in providers().items() if not provider.reports]


def reports_deliveries(channel: Channel) -> bool:
    """Whether anybody ever says of the channel's messages that they were delivered and read."""
    return provider_class(channel).reports


def counts_opens(channel: Channel) -> bool:
    """Whether a picture in the channel's HTML messages tells us that they were opened, and nothing more."""
    return provider_class(channel).counts_opens(channel)
