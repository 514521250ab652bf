"""Channels, templates, broadcasts, and the conversations that come of them."""

from .broadcasts import Broadcast, Draft, share
from .channels import MOST_CONNECTIONS, Channel, ChannelDay
from .chats import Chat, Message, StrayMessage
from .receipts import Receipt, SimulatedReceipt
from .templates import Attachment, AutomatedDelivery, Template

__all__ = [
    "MOST_CONNECTIONS",
    "Attachment",
    "AutomatedDelivery",
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
