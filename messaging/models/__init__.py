"""Channels, templates, broadcasts, and the conversations that come of them."""

from .broadcasts import Broadcast, Draft, Template, share
from .channels import MOST_CONNECTIONS, Channel, ChannelDay
from .chats import Chat, Message, StrayMessage
from .receipts import Receipt, SimulatedReceipt

__all__ = [
    "MOST_CONNECTIONS",
    "Broadcast",
    "Channel",
    "ChannelDay",
    "Chat",
    "Draft",
    "Message",
    "Receipt",
    "SimulatedReceipt",
    "StrayMessage",
    "Template",
    "share",
]
