"""What can be done with channels, templates and messages. Callers import from here."""

from .broadcasts import broadcast_request, few_request
from .channels import ChannelInvalid, channel_check, channel_pause, channel_resume, channel_save
from .drafts import draft_delete, draft_save, send_once
from .inbound import bad_signature_note, report_record
from .restarts import (
    Restart,
    RestartCheck,
    broadcast_restart,
    newest_link,
    newest_links,
    restart_check,
)
from .templates import Automation, Files, template_copy, template_save
from .trials import trial_send

__all__ = [
    "Automation",
    "ChannelInvalid",
    "Files",
    "Restart",
    "RestartCheck",
    "bad_signature_note",
    "broadcast_request",
    "broadcast_restart",
    "channel_check",
    "channel_pause",
    "channel_resume",
    "channel_save",
    "draft_delete",
    "draft_save",
    "few_request",
    "newest_link",
    "newest_links",
    "report_record",
    "restart_check",
    "send_once",
    "template_copy",
    "template_save",
    "trial_send",
]
