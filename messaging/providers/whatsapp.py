"""WhatsApp by Meta's Cloud API: text within 24 hours of a person's last message, approved templates at any time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.kinds import Answer, Begin, Verdict
from campaigns.states import ChannelType
from messaging.news import Report

from .base import Letter, Option, ProviderFault
from .fetching import FileFault, fetched
from .http_calls import AnswerLost, NotReached, Reply, call, check_base_url, clients
from .offers import Offer
from .reporting import ReportingProvider, hook_word
from .whatsapp_hooks import handshake, is_signed, read_report
from .whatsapp_status import answer_of, code_of, error_of, words_of
from .whatsapp_templates import FIELDS, offers_of, template_content

NUMBER = re.compile(r"[1-9][0-9]{6,14}\Z")
LONGEST_TEXT = 4_096
MOST_PAGES = 20  # of a hundred templates
digits = RegexValidator(r"^[0-9]{1,30}\Z", gettext_lazy("Digits only."))
version = RegexValidator(r"^v[0-9]{1,3}\.[0-9]{1,2}\Z", gettext_lazy("Such as v23.0."))


def secret(label: Any, help_text: Any) -> Option:
    """A secret of the channel's."""
    field = forms.CharField(
        label=label, help_text=help_text, max_length=500, required=False, widget=forms.PasswordInput
    )
    return Option(field, secret=True)


class WhatsAppProvider(ReportingProvider):
    """Sends by the Cloud API, and hears from its webhook."""

    code = "whatsapp"
    name = gettext_lazy("WhatsApp Cloud API")
    about = gettext_lazy("Approved templates at any time; free text to whoever wrote within 24 hours.")
    reaches = ChannelType.WHATSAPP
    has_subject = False
    greets = True
    window = timedelta(hours=24)
    takes_approved = True
    options: ClassVar[Mapping[str, Option]] = {
        "phone_number_id": Option(
            forms.CharField(
                label=gettext_lazy("Phone number ID"), max_length=30, validators=[digits],
                help_text=gettext_lazy("From WhatsApp > API Setup; not the number itself."),
            )
        ),
        "access_token": secret(
            gettext_lazy("Access token"), gettext_lazy("Of a system user, so that it doesn't expire.")
        ),
        "app_secret": secret(
            gettext_lazy("App secret"), gettext_lazy("From App settings > Basic; it proves that reports are WhatsApp's.")
        ),
        "account_id": Option(
            forms.CharField(
                label=gettext_lazy("Business account ID"), max_length=30, required=False, validators=[digits],
                help_text=gettext_lazy("From WhatsApp > API Setup. With it, approved templates are picked from a list."),
            )
        ),
        "version": Option(
            forms.CharField(label=gettext_lazy("API version"), initial="v23.0", validators=[version])
        ),
        "base_url": Option(
            forms.CharField(
                label=gettext_lazy("API address"), initial="https://graph.facebook.com", validators=[check_base_url]
            )
        ),
    }  # fmt: skip

    @cached_property
    def _key(self) -> tuple[int, str]:
        return self.channel.pk or 0, self.fingerprint

    @cached_property
    def _number_url(self) -> str:
        chosen = self.chosen
        base = chosen.text("base_url").rstrip("/")
        return f"{base}/{chosen.text('version')}/{chosen.text('phone_number_id')}"

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.chosen.text('access_token')}"}

    def problem(self) -> str:
        """Nothing can be sent without a token; without the app's secret nothing that is reported can be trusted."""
        if not self.chosen.text("access_token"):
            return _("The access token is missing. An owner can set it in the channel.")
        if not self.chosen.text("app_secret"):
            return _("The app secret is missing. An owner can set it in the channel.")
        return ""

    def address_problem(self, address: str) -> str:
        """A number that isn't E.164 (without its plus sign)."""
        return "" if NUMBER.match(address) else "bad_number"

    async def check(self) -> str:
        """Ask for our own number, which needs the token and the right to use it."""
        try:
            reply = await self._ask(
                self._number_url, {"fields": "verified_name,display_phone_number,quality_rating"}
            )
        finally:
            await self.aclose()
        return _("Connected as %(name)s (%(number)s); quality: %(quality)s.") % {
            "name": reply.body.get("verified_name", "–"),
            "number": reply.body.get("display_phone_number", "–"),
            "quality": reply.body.get("quality_rating", "–"),
        }

    def seal(self, letter: Letter) -> None:
        """Make the request's content."""
        letter.sealed = content_of(letter)

    async def hand_over(self, letter: Letter, begin: Begin) -> Answer:
        """One message in one call."""
        if letter.approved is None and len(letter.body) > LONGEST_TEXT:
            return Answer(Verdict.REFUSED, "longer_than_channel", _("WhatsApp takes 4,096 characters."))
        url = f"{self._number_url}/messages"
        content = letter.sealed or content_of(letter)
        try:
            reply = await call(self._key, "POST", url, json=content, headers=self._headers, begin=begin)
        except NotReached as error:
            raise ProviderFault("connection", str(error)) from error
        except AnswerLost as error:
            return Answer(Verdict.AMBIGUOUS, "unknown", str(error))
        return answer_of(reply)

    async def offers(self) -> list[Offer]:
        """The account's approved templates, by name; none where the account isn't named."""
        account = self.chosen.text("account_id")
        base = f"{self.chosen.text('base_url').rstrip('/')}/{self.chosen.text('version')}"
        asked = {"fields": FIELDS, "status": "APPROVED", "limit": "100"}
        found: list[Offer] = []
        for _page in range(MOST_PAGES if account else 0):
            reply = await self._ask(f"{base}/{account}/message_templates", asked)
            found += offers_of(reply.body)
            paging = reply.body.get("paging") or {}
            if not paging.get("next"):
                break
            asked["after"] = str((paging.get("cursors") or {}).get("after") or "")
        return sorted(found, key=lambda offer: (offer.name, offer.language))

    async def _ask(self, url: str, params: dict[str, str]) -> Reply:
        """What the API says of something of ours; raises ProviderFault for whatever is no answer."""
        try:
            reply = await call(self._key, "GET", url, params=params, headers=self._headers)
        except (NotReached, AnswerLost) as error:
            raise ProviderFault("connection", str(error)) from error
        if not reply.ok or not isinstance(reply.body, dict):
            raise check_fault(reply)
        return reply

    async def aclose(self) -> None:
        """Close the connections of this loop."""
        await clients().close()

    # --- what it reports ------------------------------------------------------------------------------------------------

    def greeting(self, request: HttpRequest) -> str | None:
        """Meta's handshake: repeat the challenge to whoever knows our word."""
        return handshake(request.GET, hook_word(self.channel))

    asks_nobody = True

    def is_genuine(self, request: HttpRequest) -> bool:
        """Whether the body is signed with the app's secret."""
        signature = request.META.get("HTTP_X_HUB_SIGNATURE_256", "")
        return is_signed(request.body, signature, self.chosen.text("app_secret"))

    def fetch(self, reference: str) -> bytes:
        """A file: WhatsApp says for its id where it lies at present, which also wants our token."""
        if not reference.isalnum():
            raise FileFault(_("WhatsApp named it by an id that can't be one."), again=False)
        base, chosen = self.chosen.text("base_url").rstrip("/"), self.chosen
        place = (
            f"{base}/{chosen.text('version')}/{reference}?phone_number_id={chosen.text('phone_number_id')}"
        )
        try:
            link = json.loads(fetched(place, headers=self._headers))["url"]
        except (ValueError, KeyError, TypeError):
            raise FileFault(_("WhatsApp did not say where it is."), again=True) from None
        return fetched(str(link), headers={**self._headers, "User-Agent": "Batchadmin"})

    def report(self, request: HttpRequest) -> Report:
        """Statuses and messages of our own number."""
        return read_report(request.body, self.chosen.text("phone_number_id"))


def content_of(letter: Letter) -> dict[str, Any]:
    """A message as the API takes it."""
    content: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": letter.address,
        "biz_opaque_callback_data": letter.our_id,
    }
    if letter.approved is None:
        return {**content, "type": "text", "text": {"preview_url": False, "body": letter.body}}
    return {**content, "type": "template", "template": template_content(letter.approved)}


def check_fault(reply: Reply) -> ProviderFault:
    """Why our own number could not be read."""
    error = error_of(reply.body)
    code = code_of(error) or {401: "190", 403: "10", 503: "503"}.get(reply.status, "other")
    return ProviderFault(code, words_of(error) or reply.words)
