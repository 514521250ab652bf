"""What an e-mail service's webhook says: anymail checks and reads it, we make receipts and suppressions of its events."""

from __future__ import annotations

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, tracking
from anymail.webhooks.base import AnymailBaseWebhookView
from django.core.exceptions import ImproperlyConfigured
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from batches.ledger import storable
from campaigns.states import OptOutSource
from messaging.identifiers import item_of
from messaging.news import News, Report, ReportMalformed, Unwanted
from messaging.states import ReceiptWhat

from .anymail_services import Service
from .anymail_status import REFUSED, reason_of_bounce
from .base import ProviderOptions

USER = "batchadmin"
WHAT = {
    EventType.SENT: ReceiptWhat.SENT,
    EventType.DELIVERED: ReceiptWhat.DELIVERED,
    EventType.OPENED: ReceiptWhat.READ,
    EventType.CLICKED: ReceiptWhat.READ,
    EventType.BOUNCED: ReceiptWhat.FAILED,
    EventType.REJECTED: ReceiptWhat.FAILED,
    EventType.FAILED: ReceiptWhat.FAILED,
}


def view_of(service: Service, chosen: ProviderOptions, word: str) -> AnymailBaseWebhookView:
    """anymail's own view of the service's calls, with this channel's secrets; it is asked, never served."""
    return service.view(webhook_secret=f"{USER}:{word}", **service.hearing(chosen))


def is_genuine(service: Service, chosen: ProviderOptions, word: str, request: HttpRequest) -> bool:
    """Whether the call passes all that anymail checks of this service; with a key that can't be read, none does."""
    try:
        view_of(service, chosen, word).run_validators(request)
    except (AnymailWebhookValidationFailure, AnymailError, ImproperlyConfigured, ValueError):
        return False
    except (AttributeError, TypeError, RecursionError):  # a body of another shape than it takes for given
        return False
    return True


def read_report(service: Service, chosen: ProviderOptions, word: str, request: HttpRequest) -> Report:
    """The events of a genuine call, each sent as anymail's signal `tracking`; raises ReportMalformed."""
    report = Report()
    view = view_of(service, chosen, word)
    try:
        for event in view.parse_events(request):
            tracking.send(
                sender=type(view), event=event, esp_name=view.esp_name, service=service, report=report
            )
    except (
        AnymailError,
        ImproperlyConfigured,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ReportMalformed(f"{type(error).__name__}: {error}"[:200]) from error
    return report


@receiver(tracking, dispatch_uid="messaging.tracked")
def tracked(
    sender: object,
    event: AnymailTrackingEvent,
    service: Service | None = None,
    report: Report | None = None,
    **more: object,
) -> None:
    """Make receipts and suppressions of an event. One that somebody else has sent names no channel, and is none of ours."""
    if service is None or report is None:
        return
    report.news += news_of(service, event)
    report.unwanted += unwanted_of(service, event)


def news_of(service: Service, event: AnymailTrackingEvent) -> list[News]:
    """An event as a receipt, under our own id; nothing for what says nothing about a message's fate."""
    what = WHAT.get(event.event_type)
    ours = str((event.metadata or {}).get("message", ""))
    known_as = ours if item_of(ours) else str(event.message_id or "")
    if what is None or not known_as:
        return []
    reason, said = "", ""
    if what is ReceiptWhat.FAILED:
        said = clean(event.mta_response or event.description or event.reject_reason or "")
        bounced = event.event_type == EventType.BOUNCED
        reason = reason_of_bounce(said, service.is_hard(event)) if bounced else REFUSED
    return [News(clean(known_as)[:200], what, event.timestamp or timezone.now(), reason, said[:300])]


def unwanted_of(service: Service, event: AnymailTrackingEvent) -> list[Unwanted]:
    """Addresses that are not to be written to any more: bounced for good, complained, unsubscribed at the service."""
    address, at = clean(event.recipient or "").lower(), event.timestamp or timezone.now()
    if not address:
        return []
    if event.event_type == EventType.BOUNCED and service.is_hard(event):
        why = _("%(service)s: the address doesn't exist") % {"service": service.name}
        return [Unwanted(address, OptOutSource.BOUNCE, why, at)]
    if event.event_type == EventType.COMPLAINED:
        why = _("%(service)s: reported as spam") % {"service": service.name}
        return [Unwanted(address, OptOutSource.COMPLAINT, why, at)]
    if event.event_type == EventType.UNSUBSCRIBED:
        why = _("%(service)s: unsubscribed") % {"service": service.name}
        return [Unwanted(address, OptOutSource.PERSON, why, at)]
    return []


def clean(text: object) -> str:
    """A text that PostgreSQL can keep."""
    return storable(str(text))
