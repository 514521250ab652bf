"""The cells of a log's recipients, with ids, so that only what has changed is swapped; `oob`: along with other pieces."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from batchadmin.lib.markup import markup
from batchadmin.lib.routes import address
from batchadmin.lib.templatetags.ui import badge, exact
from batches.cells import cell, item_reason_cell
from messaging.recipient_rows import Recipient


def recipient_cell(recipient: Recipient, *, oob: object = False) -> SafeString:
    """A recipient's status, and when it got there."""
    at = markup(' <span class="text-secondary">{}</span>', exact(recipient.at)) if recipient.at else ""
    shown = markup("{}{}", badge(recipient.status), at)
    return cell(f"recipient-{recipient.item.key}", shown, oob=oob)


def detail_cell(recipient: Recipient, program_slug: str, *, oob: object = False) -> SafeString:
    """The way to a recipient's chat, once there is a message in it."""
    item = recipient.item
    values = {"program": program_slug, "pk": item.batch_id, "key": item.key}
    shown: SafeString | str = ""
    if recipient.message:
        shown = markup(
            '<a class="btn btn-sm" id="detail-link-{}" href="{}" aria-label="{}">{}</a>',
            str(item.key), address("broadcast-recipient", values),
            _("Detail, %(name)s") % {"name": recipient.name}, _("Detail"),
        )  # fmt: skip
    return cell(f"detail-{item.key}", shown, oob=oob)


def changing(recipient: Recipient, program_slug: str) -> SafeString:
    """All cells that may have changed since one looked."""
    status, detail = recipient_cell(recipient, oob=True), detail_cell(recipient, program_slug, oob=True)
    return markup("{}{}{}\n", status, detail, item_reason_cell(recipient.item, oob=True))
