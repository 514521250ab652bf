"""E-mail by a service's API, through django-anymail: Postmark, SendGrid, Mailgun, Amazon SES."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formataddr
from typing import Any, ClassVar

import boto3
from anymail.exceptions import AnymailNotSupportedWarning
from botocore.config import Config
from django import forms
from django.core.mail import EmailMultiAlternatives, get_connection
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.kinds import Answer, Begin, Verdict
from campaigns.states import ChannelType
from messaging.models import MOST_CONNECTIONS
from messaging.news import Report

from .anymail_backends import Backends
from .anymail_hooks import USER, is_genuine, read_report
from .anymail_services import SECONDS, SERVICES, Service, ses_login
from .anymail_status import answer_of, by_status, words_of
from .anymail_topics import TOPICS, topic_asked, topic_is_genuine, topics_check
from .base import Letter, Option, ProviderFault
from .guarded import amazon_guard, backend_guard
from .http_calls import AnswerLost, NotReached, call, check_base_url, clients
from .reporting import ReportingProvider, hook_url, hook_word
from .smtp_letter import address_wire, one_line
from .whatsapp import secret

# anymail's backends block, so each hand-over has a thread.
THREADS = ThreadPoolExecutor(MOST_CONNECTIONS, thread_name_prefix="anymail")
BACKENDS = Backends(MOST_CONNECTIONS)
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)


def text_option(label: Any, help_text: Any = "", **more: Any) -> Option:
    """A line of text that a channel may do without."""
    return Option(forms.CharField(label=label, help_text=help_text, max_length=250, required=False, **more))


class AnymailProvider(ReportingProvider):
    """Sends through a service's API, and hears from its tracking webhook."""

    code = "anymail"
    name = gettext_lazy("E-mail service")
    about = gettext_lazy("Postmark, SendGrid, Mailgun or Amazon SES, by their API.")
    reaches = ChannelType.EMAIL
    options: ClassVar[Mapping[str, Option]] = {
        "service": Option(
            forms.ChoiceField(
                label=gettext_lazy("Service"), choices=[(code, one.name) for code, one in SERVICES.items()],
                initial="postmark",
            )
        ),
        "api_key": secret(
            gettext_lazy("API key"), gettext_lazy("Postmark: the server's token. Amazon: the secret access key.")
        ),
        "domain": text_option(gettext_lazy("Sending domain"), gettext_lazy("Mailgun only.")),
        "webhook_key": secret(
            gettext_lazy("Webhook signing key"),
            gettext_lazy("Mailgun. SendGrid: the verification key, if its event webhook is signed."),
        ),
        "key_id": text_option(gettext_lazy("Access key ID"), gettext_lazy("Amazon SES only.")),
        "region": text_option(gettext_lazy("Region"), gettext_lazy("Amazon SES only, such as eu-central-1.")),
        TOPICS: Option(
            forms.CharField(
                label=gettext_lazy("SNS topics"), max_length=2000, required=False, validators=[topics_check],
                help_text=gettext_lazy(
                    "Amazon SES only: ARNs with spaces between. Empty: the first that calls. Others are refused."
                ),
            )
        ),
        "from_address": Option(
            forms.EmailField(
                label=gettext_lazy("Sender address"), required=False,
                help_text=gettext_lazy("Empty: the program's own."),
            )
        ),
        "api_url": text_option(
            gettext_lazy("API address"), gettext_lazy("Empty: the service's usual one."), validators=[check_base_url]
        ),
    }  # fmt: skip

    @property
    def _service(self) -> Service:
        return SERVICES[self.chosen.text("service")]

    @property
    def _from(self) -> str:
        return address_wire(self.chosen.text("from_address") or self.sender.address) or ""

    def problem(self) -> str:
        """Nothing can be sent without what the service needs, or without a sender's address."""
        for name in self._service.needs:
            if not self.chosen.text(name):
                words = _("“%(name)s” is missing. An owner can set it in the channel.")
                return words % {"name": self.options[name].field.label}
        if not self._from:
            return _(
                "There is no sender address. An owner can set it in the channel or in the program's settings."
            )
        return ""

    def address_problem(self, address: str) -> str:
        """An address that no mail can be sent to, for instance one with a line break in it."""
        return "" if address_wire(address) else "bad_address"

    async def check(self) -> str:
        """Ask the service something harmless that needs our log-in."""
        if self._service.probe is None:
            await asyncio.get_running_loop().run_in_executor(THREADS, self._ask_amazon)
        else:
            await self._ask()
        return _("Connected to %(service)s; sends as %(sender)s.") % {
            "service": self._service.name,
            "sender": self._from,
        }

    async def _ask(self) -> None:
        url, headers, auth = self._service.probe(self.chosen) if self._service.probe else ("", {}, None)
        try:
            reply = await call(
                (self.channel.pk or 0, self.fingerprint), "GET", url, headers=headers, auth=auth
            )
        except (NotReached, AnswerLost) as error:
            raise ProviderFault("connection", str(error)) from error
        finally:
            await self.aclose()
        if not reply.ok:
            raise fault_of(by_status(reply.status, reply.words))

    def _ask_amazon(self) -> None:
        login = ses_login(self.chosen)
        params = {**login["client_params"], "config": Config(**login["client_params"]["config"])}
        try:
            client = boto3.session.Session(**login["session_params"]).client("sesv2", **params)
            if self.chosen.text("api_url"):
                amazon_guard(client)
            client.get_account()
        except Exception as error:
            raise fault_of(answer_of(error)) from error

    async def hand_over(self, letter: Letter, begin: Begin) -> Answer:
        """One message in one call, in a thread of its own."""
        begin()
        return await asyncio.get_running_loop().run_in_executor(THREADS, self._send, letter)

    def _send(self, letter: Letter) -> Answer:
        message = self._message(letter)
        try:
            with BACKENDS.lent((self.channel.pk or 0, self.fingerprint), self._backend) as backend:
                backend.send_messages([message])
        except ProviderFault:
            raise
        except Exception as error:
            return answer_of(error)
        status = getattr(message, "anymail_status", None)
        return Answer(Verdict.ACCEPTED, provider_id=str(getattr(status, "message_id", None) or "")[:200])

    def _backend(self) -> Any:
        """A backend for the channel as it is set now, with a connection that stays open; raises ProviderFault."""
        url = self.chosen.text("api_url") if self._service.address else ""
        more = {"api_url": url} if url else {}
        login: dict[str, Any] = {**self._service.login(self.chosen), **more}
        backend = get_connection(self._service.backend, requests_timeout=SECONDS, **login)
        try:
            backend.open()
        except Exception as error:
            # Settings that its client can't use, such as a region that is none: nothing was begun.
            raise ProviderFault("connection", words_of(error)) from error
        if self.chosen.text("api_url"):
            backend_guard(backend)
        return backend

    def _message(self, letter: Letter) -> EmailMultiAlternatives:
        headers = {}
        if letter.unsubscribe:
            headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message = EmailMultiAlternatives(
            subject=one_line(letter.subject),
            body=letter.body,
            from_email=formataddr((one_line(self.sender.name), self._from)),
            to=[formataddr((one_line(letter.name), address_wire(letter.address) or letter.address))],
            headers=headers,
        )
        if letter.html:
            message.attach_alternative(letter.html, "text/html")
        for one in letter.enclosures:
            message.attach(one.name, one.content, one.content_type)
        message.metadata = {"message": letter.our_id}  # type: ignore[attr-defined]
        return message

    async def aclose(self) -> None:
        """Close the connections of this loop."""
        await clients().close()

    # --- what it reports ------------------------------------------------------------------------------------------------

    def addresses(self) -> list[tuple[str, str]]:
        """The address with a log-in of its own, which services repeat with each call."""
        scheme, _colon, rest = hook_url(self.channel).partition("://")
        return [(_("Webhook address"), f"{scheme}://{USER}:{hook_word(self.channel)}@{rest}")]

    def caller(self) -> str:
        """The service."""
        return self._service.name

    def caution(self) -> str:
        """Postmark doesn't sign, and SendGrid only where that is switched on; then the address is the secret."""
        if self._service.signs(self.chosen):
            return ""
        words = _(
            "No signature of %(service)s is checked: the log-in in this address is all that tells its calls from others'. "
            "Enter it at %(service)s and nowhere else. Whoever has it can report in its name; "
            "if it got out, add a new channel."
        )
        return words % {"service": self._service.name}

    def wants_log_in(self, request: HttpRequest) -> bool:
        """Amazon says who it is only when asked."""
        return not request.headers.get("Authorization")

    @property
    def asks_nobody(self) -> bool:
        """Only Amazon's certificates have to be fetched."""
        return not self._service.by_sns

    def is_genuine(self, request: HttpRequest) -> bool:
        """Whether the call has our log-in and, where the service signs, its signature."""
        if not is_genuine(self._service, self.chosen, hook_word(self.channel), request):
            return False
        return not self._service.by_sns or topic_is_genuine(self.channel, request)

    def report(self, request: HttpRequest) -> Report:
        """What anymail makes of the call; a topic that asks whether we want to hear it is told so."""
        if self._service.by_sns and topic_asked(request):
            return Report()
        return read_report(self._service, self.chosen, hook_word(self.channel), request)


def fault_of(answer: Answer) -> ProviderFault:
    """A fault for an answer to a check."""
    return ProviderFault(answer.reason, answer.detail)
