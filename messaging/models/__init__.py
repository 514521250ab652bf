"""Channels, templates, broadcasts, and the conversations that come of them."""

from .broadcasts import LONGEST_TIME_LIMIT, TIME_LIMIT, Broadcast, Draft
from .channels import MOST_CONNECTIONS, MOST_IN_ALL, Channel, ChannelDay
from .chats import Chat, Message, StrayMessage
from .dates import DateWatch
from .files import InboundFile
from .receipts import Receipt, SimulatedReceipt
from .templates import Attachment, AutomatedDelivery, Template
from .triggers import ActionHook, HookCall, LaunchMiss, Trigger, TriggerLaunch

__all__ = [
    "LONGEST_TIME_LIMIT",
    "MOST_CONNECTIONS",
    "MOST_IN_ALL",
    "TIME_LIMIT",
    "ActionHook",
    "Attachment",
    "AutomatedDelivery",
    "Broadcast",
    "Channel",
    "ChannelDay",
    "Chat",
    "DateWatch",
    "Draft",
    "HookCall",
    "InboundFile",
    "LaunchMiss",
    "Message",
    "Receipt",
    "SimulatedReceipt",
    "StrayMessage",
    "Template",
    "Trigger",
    "TriggerLaunch",
]
