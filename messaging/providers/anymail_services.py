"""The e-mail services that a channel can use through django-anymail: how each is logged in to, tried, and heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView

from .base import ProviderOptions

SECONDS = 25  # that one call may take; the engine allows 30 in all
Chosen = ProviderOptions


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `login` makes what its backend wants, `probe` a harmless call: (address, headers, basic auth)."""

    name: str
    backend: str
    view: type[AnymailBaseWebhookView]
    address: str  # of its API
    login: Callable[[Chosen], dict[str, Any]]
    probe: Callable[[Chosen], tuple[str, Mapping[str, str], tuple[str, str] | None]] | None
    is_hard: Callable[[AnymailTrackingEvent], bool]  # whether a bounce is for good
    needs: tuple[str, ...] = ()  # options without which nothing can be sent
    hearing: Callable[[Chosen], dict[str, Any]] = lambda chosen: {}  # what its webhook view wants
    # Whether each call has a signature that is checked; where not, only the log-in in our address says who calls.
    signs: Callable[[Chosen], bool] = lambda chosen: False
    by_sns: bool = False  # calls come by Amazon SNS, whose signature anymail leaves to us


def ses_login(chosen: Chosen) -> dict[str, Any]:
    """Amazon's own client. It must not repeat a call by itself: what it repeats may have gone out."""
    config = {
        "retries": {"total_max_attempts": 1},
        "connect_timeout": 8,
        "read_timeout": SECONDS,
        "max_pool_connections": 50,
    }
    params = {"config": config, "region_name": chosen.text("region") or "us-east-1"}
    if chosen.text("api_url"):
        params["endpoint_url"] = chosen.text("api_url")
    session = {"aws_access_key_id": chosen.text("key_id"), "aws_secret_access_key": chosen.text("api_key")}
    return {"session_params": session, "client_params": params}


def sendgrid_hearing(chosen: Chosen) -> dict[str, Any]:
    """SendGrid signs its calls where its “signed event webhook” is switched on; its public key says whether they are its own."""
    key = "".join(chosen.text("webhook_key").split())
    return {"tracking_webhook_verification_key": key} if key else {}


def base(chosen: Chosen, service: str) -> str:
    """The address of the service's API, with its final slash."""
    return (chosen.text("api_url") or SERVICES[service].address).rstrip("/") + "/"


def _kind(event: AnymailTrackingEvent) -> str:
    return str(event.esp_event.get("Type", ""))


SERVICES: dict[str, Service] = {
    "postmark": Service(
        name="Postmark",
        backend="anymail.backends.postmark.EmailBackend",
        view=PostmarkTrackingWebhookView,
        address="https://api.postmarkapp.com/",
        login=lambda chosen: {"server_token": chosen.text("api_key")},
        probe=lambda chosen: (
            base(chosen, "postmark") + "server",
            {"X-Postmark-Server-Token": chosen.text("api_key"), "Accept": "application/json"},
            None,
        ),
        is_hard=lambda event: _kind(event) in ("HardBounce", "BadEmailAddress"),
        needs=("api_key",),
    ),
    "sendgrid": Service(
        name="SendGrid",
        backend="anymail.backends.sendgrid.EmailBackend",
        view=SendGridTrackingWebhookView,
        address="https://api.sendgrid.com/v3/",
        login=lambda chosen: {"api_key": chosen.text("api_key")},
        probe=lambda chosen: (
            base(chosen, "sendgrid") + "scopes",
            {"Authorization": f"Bearer {chosen.text('api_key')}"},
            None,
        ),
        is_hard=lambda event: event.esp_event.get("type") == "bounce",
        needs=("api_key",),
        hearing=sendgrid_hearing,
        signs=lambda chosen: bool(sendgrid_hearing(chosen)),
    ),
    "mailgun": Service(
        name="Mailgun",
        backend="anymail.backends.mailgun.EmailBackend",
        view=MailgunTrackingWebhookView,
        address="https://api.mailgun.net/v3/",
        login=lambda chosen: {"api_key": chosen.text("api_key"), "sender_domain": chosen.text("domain")},
        probe=lambda chosen: (
            base(chosen, "mailgun") + f"domains/{chosen.text('domain')}",
            {},
            ("api", chosen.text("api_key")),
        ),
        is_hard=lambda event: event.esp_event["event-data"].get("severity") == "permanent",
        needs=("api_key", "domain", "webhook_key"),
        hearing=lambda chosen: {"webhook_signing_key": chosen.text("webhook_key")},
        signs=lambda chosen: True,
    ),
    "amazon_ses": Service(
        name="Amazon SES",
        backend="anymail.backends.amazon_ses.EmailBackend",
        view=AmazonSESTrackingWebhookView,
        address="",
        login=ses_login,
        probe=None,  # its client asks for the account
        is_hard=lambda event: event.esp_event.get("bounce", {}).get("bounceType") == "Permanent",
        needs=("key_id", "api_key", "region"),
        hearing=lambda chosen: {**ses_login(chosen), "auto_confirm_sns_subscriptions": False},
        signs=lambda chosen: True,
        by_sns=True,
    ),
}
