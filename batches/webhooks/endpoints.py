"""Adding, changing and removing webhooks; each is in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import audit_record
from batchadmin.lib.outgoing import OutgoingRefused, url_check
from batchadmin.lib.signing import secret_text
from batches.webhook_models import Webhook, all_ends


def webhook_add(*, program: Program, by: User, url: str, events: Sequence[str]) -> Webhook:
    """A new webhook with a secret of its own. Raises ValidationError for an address that may not be told, or no event."""
    webhook = Webhook(program=program, created_by=by, secret=secret_text())
    return _save(webhook, by=by, url=url, events=events, action="webhook.added")


def webhook_change(
    *, webhook: Webhook, by: User, url: str, events: Sequence[str], is_active: bool
) -> Webhook:
    """Another address, other events, or none at all for now. Raises ValidationError as `webhook_add` does."""
    webhook.is_active = is_active
    return _save(webhook, by=by, url=url, events=events, action="webhook.changed")


def webhook_secret_change(*, webhook: Webhook, by: User) -> Webhook:
    """A new secret, from the next attempt on; the old one is worth nothing then."""
    with transaction.atomic():
        webhook.secret = secret_text()
        webhook.save(update_fields=["secret"])
        audit_record(program=webhook.program, actor=by, action="webhook.secret_changed", subject=webhook.url)
    return webhook


def webhook_remove(*, webhook: Webhook, by: User) -> None:
    """Forget the webhook with all that it was told; what waits isn't told any more."""
    with transaction.atomic():
        audit_record(program=webhook.program, actor=by, action="webhook.removed", subject=webhook.url)
        webhook.delete()


def _save(webhook: Webhook, *, by: User, url: str, events: Sequence[str], action: str) -> Webhook:
    wanted = [event for event in all_ends() if event in events]
    if not wanted:
        raise ValidationError({"events": _("Choose at least one event.")})
    try:
        url_check(url.strip())
    except OutgoingRefused as refused:
        raise ValidationError({"url": str(refused)}) from None
    webhook.url, webhook.events = url.strip(), wanted
    with transaction.atomic():
        webhook.save()
        audit_record(program=webhook.program, actor=by, action=action, subject=webhook.url, events=wanted)
    return webhook
