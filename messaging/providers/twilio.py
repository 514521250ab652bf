"""SMS by Twilio's API."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.kinds import Answer, Begin, Verdict
from batches.ledger import storable
from campaigns.states import ChannelType
from messaging.identifiers import item_of
from messaging.news import LONGEST_REFERENCE, Heard, HeardFile, News, Report, ReportMalformed
from messaging.states import ReceiptWhat

from .base import Letter, Option, ProviderFault
from .fetching import FileFault, fetched
from .http_calls import AnswerLost, NotReached, Reply, call, check_base_url, clients
from .reporting import ReportingProvider, called_url, hook_url
from .twilio_status import WHAT, answer_of, code_of, reason_in_receipt, words_of
from .whatsapp import NUMBER, secret

LONGEST_TEXT = 1_600
MOST_FILES = 10  # with one message, as Twilio has it
OURS = "message"  # the parameter of the callback's address by which our own id comes back
account = RegexValidator(r"^AC[0-9a-f]{32}\Z", gettext_lazy("AC and 32 more characters, from the console."))
sender = RegexValidator(
    r"^(\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11}|[0-9]{3,8}|MG[0-9a-f]{32})\Z",
    gettext_lazy("A number such as +15017122661, a name of up to 11 letters, or a messaging service (MG…)."),
)


class TwilioProvider(ReportingProvider):
    """Sends SMS by the Messages resource, and hears from its callbacks."""

    code = "twilio"
    name = gettext_lazy("SMS (Twilio)")
    about = gettext_lazy("Text messages to mobile phones, by your account at Twilio.")
    reaches = ChannelType.SMS
    has_subject = False
    answer = ("<Response/>", "text/xml")  # words would be sent to the person as a reply
    options: ClassVar[Mapping[str, Option]] = {
        "account_sid": Option(
            forms.CharField(label=gettext_lazy("Account SID"), max_length=34, validators=[account])
        ),
        "auth_token": secret(
            gettext_lazy("Auth token"), gettext_lazy("It also proves that reports are Twilio's.")
        ),
        "sender": Option(
            forms.CharField(label=gettext_lazy("Sender"), max_length=40, validators=[sender])
        ),
        "base_url": Option(
            forms.CharField(
                label=gettext_lazy("API address"), initial="https://api.twilio.com", validators=[check_base_url]
            )
        ),
    }  # fmt: skip

    @property
    def _key(self) -> tuple[int, str]:
        return self.channel.pk or 0, self.fingerprint

    @property
    def _auth(self) -> tuple[str, str]:
        return self.chosen.text("account_sid"), self.chosen.text("auth_token")

    @property
    def _account_url(self) -> str:
        base = self.chosen.text("base_url").rstrip("/")
        return f"{base}/2010-04-01/Accounts/{self.chosen.text('account_sid')}"

    def problem(self) -> str:
        """Nothing can be sent without the token."""
        return "" if self.chosen.text("auth_token") else _("The auth token is missing. An owner can set it.")

    def address_problem(self, address: str) -> str:
        """A number that isn't E.164 (without its plus sign)."""
        return "" if NUMBER.match(address) else "bad_number"

    async def check(self) -> str:
        """Ask for our own account."""
        try:
            reply = await call(self._key, "GET", f"{self._account_url}.json", auth=self._auth)
        except (NotReached, AnswerLost) as error:
            raise ProviderFault("connection", str(error)) from error
        finally:
            await self.aclose()
        if not reply.ok or not isinstance(reply.body, dict):
            raise check_fault(reply)
        if reply.body.get("status") != "active":
            raise ProviderFault("20005", str(reply.body.get("status", "")))
        return _("Connected as %(name)s; sends from %(sender)s.") % {
            "name": reply.body.get("friendly_name", "–"),
            "sender": self.chosen.text("sender"),
        }

    def seal(self, letter: Letter) -> None:
        """Make the form that is posted."""
        letter.sealed = self._form(letter)

    async def hand_over(self, letter: Letter, begin: Begin) -> Answer:
        """One message in one call."""
        if len(letter.body) > LONGEST_TEXT:
            return Answer(Verdict.REFUSED, "21617", _("Twilio takes 1,600 characters."))
        url = f"{self._account_url}/Messages.json"
        form = letter.sealed or self._form(letter)
        try:
            reply = await call(self._key, "POST", url, data=form, auth=self._auth, begin=begin)
        except NotReached as error:
            raise ProviderFault("connection", str(error)) from error
        except AnswerLost as error:
            return Answer(Verdict.AMBIGUOUS, "unknown", str(error))
        return answer_of(reply)

    async def aclose(self) -> None:
        """Close the connections of this loop."""
        await clients().close()

    def _form(self, letter: Letter) -> dict[str, str]:
        sent_by = self.chosen.text("sender")
        by = "MessagingServiceSid" if sent_by.startswith("MG") and len(sent_by) == 34 else "From"
        # Our id stands in the callback's address: Twilio signs it and hands it back, also if its answer is lost.
        callback = f"{hook_url(self.channel)}?{OURS}={letter.our_id}"
        return {"To": f"+{letter.address}", by: sent_by, "Body": letter.body, "StatusCallback": callback}

    # --- what it reports ------------------------------------------------------------------------------------------------

    def addresses(self) -> list[tuple[str, str]]:
        """Only replies need an entry: each message brings the address for its own status."""
        return [(_("For the number or messaging service: a message comes in"), hook_url(self.channel))]

    asks_nobody = True

    def is_genuine(self, request: HttpRequest) -> bool:
        """Whether address and parameters are signed with our token."""
        token = self.chosen.text("auth_token")
        if not token or request.method != "POST":
            return False
        ours = signature_of(called_url(request), form_of(request), token)
        return hmac.compare_digest(ours.encode(), request.headers.get("X-Twilio-Signature", "").encode())

    def fetch(self, reference: str) -> bytes:
        """A file of our account; Twilio leads on from there to where it is kept, which is not told our log-in."""
        if not reference.startswith(f"{self._account_url}/"):
            raise FileFault(_("Twilio named a place for it that isn't Twilio's."), again=False)
        login = base64.b64encode(":".join(self._auth).encode()).decode()
        return fetched(reference, headers={"Authorization": f"Basic {login}"}, follow=True)

    def report(self, request: HttpRequest) -> Report:
        """A status of one of our messages, or a message of somebody's."""
        form = form_of(request)
        if form.get("AccountSid") != self.chosen.text("account_sid"):
            raise ReportMalformed("it is about another account")
        if form.get("MessageStatus"):
            return Report(news=news_of(form, request.GET.get(OURS, "")))
        return Report(heard=[heard_of(form)])


def form_of(request: HttpRequest) -> QueryDict:
    """The parameters of a call. From the body itself: whoever reads it before us changes nothing."""
    try:
        return QueryDict(request.body, encoding="utf-8")
    except (ValueError, UnicodeError):
        return QueryDict()


def signature_of(url: str, form: QueryDict, token: str) -> str:
    """Twilio's signature: the address, then each parameter's name and values by name, keyed with the token."""
    pieces = [f"{name}{value}" for name in sorted(form) for value in sorted(set(form.getlist(name)))]
    mark = hmac.new(token.encode(), (url + "".join(pieces)).encode(), hashlib.sha1)
    return base64.b64encode(mark.digest()).decode()


def news_of(form: QueryDict, ours: str) -> list[News]:
    """A status as a receipt, under our own id; nothing for what is still on its way."""
    sid, what = form.get("MessageSid") or "", WHAT.get(form.get("MessageStatus") or "")
    if not sid:
        raise ReportMalformed("it names no message")
    if what is None:
        return []
    reason, detail = "", ""
    if what is ReceiptWhat.FAILED:
        code = form.get("ErrorCode") or ""
        reason = reason_in_receipt(code)
        detail = storable(f"({code}) {form.get('ErrorMessage') or form.get('MessageStatus')}")
    return [News(ours if item_of(ours) else storable(sid)[:200], what, timezone.now(), reason, detail[:300])]


def heard_of(form: QueryDict) -> Heard:
    """A person's message."""
    sid, sent_by = form.get("MessageSid") or "", form.get("From") or ""
    if not sid or not sent_by:
        raise ReportMalformed("it is neither a status nor a message")
    body = form.get("Body") or ""
    number = form.get("NumMedia") or "0"
    if number != "0":
        body = f"{body} [{number} files]".strip()
    links = [form.get(f"MediaUrl{place}") or "" for place in range(MOST_FILES)]
    files = tuple(HeardFile(storable(link)[:LONGEST_REFERENCE]) for link in links if link)
    sender = storable(sent_by).removeprefix("+")[:20]
    return Heard(storable(sid)[:200], sender, storable(body), timezone.now(), files=files)


def check_fault(reply: Reply) -> ProviderFault:
    """Why our own account could not be read."""
    code = code_of(reply.body) or {401: "20003", 403: "20003", 404: "20404", 503: "503"}.get(
        reply.status, "other"
    )
    return ProviderFault(code, words_of(reply))
