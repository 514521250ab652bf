"""The codes of the audit trail as words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from batchadmin.lib.templatetags.ui import amount

ACTIONS = {
    "automation.sent_late": _("Sent late what goes out on a date"),
    "automation.left": _("Left unsent what was late"),
    "batch.requested": _("Requested a batch"),
    "batch.restarted": _("Restarted a batch"),
    "batch.changed": _("Changed a scheduled batch"),
    "batch.stopped": _("Stopped a batch"),
    "batch.resumed": _("Resumed a batch"),
    "batch.swept": _("Swept on account of a batch"),
    "batch.decided": _("Decided unknown outcomes"),
    "campaign.created": _("Made a campaign"),
    "campaign.stages_changed": _("Changed a campaign's stages"),
    "channel.created": _("Added a channel"),
    "channel.changed": _("Changed a channel"),
    "channel.paused": _("Paused a channel"),
    "channel.resumed": _("Resumed a channel"),
    "hook.added": _("Added an action hook"),
    "hook.removed": _("Removed an action hook"),
    "influencer.created": _("Added an influencer"),
    "influencer.changed": _("Changed an influencer"),
    "influencer.exported": _("Exported all about an influencer"),
    "influencer.erased": _("Erased an influencer"),
    "invitation.sent": _("Invited somebody"),
    "invitation.accepted": _("Accepted an invitation"),
    "invitation.revoked": _("Took back an invitation"),
    "member.added": _("Added a member"),
    "member.role_changed": _("Changed a member's role"),
    "member.removed": _("Removed a member"),
    "member.unlocked": _("Unlocked a member's log-in"),
    "member.logged_out": _("Ended a member's sessions"),
    "opt_out.lifted": _("Lifted an opt-out"),
    "participants.dated": _("Set a date of participants"),
    "participants.undated": _("Removed a date of participants"),
    "program.changed": _("Changed the program"),
    "program.retention_changed": _("Changed for how long data is kept"),
    "program.created": _("Made the program"),
    "template.created": _("Made a template"),
    "template.changed": _("Changed a template"),
    "token.created": _("Made an API token"),
    "token.revoked": _("Revoked an API token"),
    "trigger.created": _("Made a trigger"),
    "trigger.changed": _("Changed a trigger"),
    "trigger.activated": _("Switched a trigger on"),
    "trigger.deactivated": _("Switched a trigger off"),
    "webhook.added": _("Added a webhook"),
    "webhook.changed": _("Changed a webhook"),
    "webhook.secret_changed": _("Changed a webhook's secret"),
    "webhook.resent": _("Sent again what a webhook was told"),
    "webhook.removed": _("Removed a webhook"),
}


# Numbers that count something; the others name a row.
AMOUNTS = {"size", "people"}


def action_words(code: str) -> str:
    """What was done; the code itself where there are no words for it."""
    return str(ACTIONS.get(code, code))


def detail_words(detail: dict[str, Any]) -> str:
    """The rest of an entry in one line: "before: viewer, after: manager"."""
    # The database keeps no order of its own; what was before reads before what came after.
    ordered = sorted(detail.items(), key=lambda one: (one[0] != "before", one[0]))
    shown = ((name, value) for name, value in ordered if value not in (None, "", []))
    return ", ".join(f"{name}: {_one(name, value)}" for name, value in shown)


def _one(name: str, value: Any) -> str:
    if name in AMOUNTS and isinstance(value, int):
        return amount(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
