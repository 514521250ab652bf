"""Channels, templates, broadcasts, and the conversations that come of them."""

from .broadcasts import Broadcast, Draft, share
from .channels import MOST_CONNECTIONS, Channel, ChannelDay
from .chats import Chat, Message, StrayMessage
from .receipts import Receipt, SimulatedReceipt
from .templates import Attachment, AutomatedDelivery, Template
from .triggers import ActionHook, HookCall, LaunchMiss, Trigger, TriggerLaunch

__all__ = [
    "MOST_CONNECTIONS",
    "ActionHook",
    "Attachment",
    "AutomatedDelivery",
    "Broadcast",
    "Channel",
    "ChannelDay",
    "Chat",
    "Draft",
    "HookCall",
    "LaunchMiss",
    "Message",
    "Receipt",
    "SimulatedReceipt",
    "StrayMessage",
    "Template",
    "Trigger",
    "TriggerLaunch",
    "share",
]
