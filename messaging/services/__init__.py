"""What can be done with channels, templates and messages. Callers import from here."""

from .broadcasts import broadcast_request, few_request
from .changes import broadcast_change
from .channels import ChannelInvalid, channel_check, channel_pause, channel_resume, channel_save
from .drafts import draft_delete, draft_save, send_once
from .inbound import bad_signature_note, report_note, report_record
from .offers import offers_of
from .restarts import LONGEST_NAME, Restart, broadcast_restart, restart_name
from .templates import Automation, Files, template_copy, template_save
from .trials import trial_send

__all__ = [
    "LONGEST_NAME",
    "Automation",
    "ChannelInvalid",
    "Files",
    "Restart",
    "bad_signature_note",
    "broadcast_change",
    "broadcast_request",
    "broadcast_restart",
    "channel_check",
    "channel_pause",
    "channel_resume",
    "channel_save",
    "draft_delete",
    "draft_save",
    "few_request",
    "offers_of",
    "report_note",
    "report_record",
    "restart_name",
    "send_once",
    "template_copy",
    "template_save",
    "trial_send",
]
