"""Plain SMTP: a mail server of one's own, or of one's provider."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time
from collections.abc import Callable, Mapping
from typing import ClassVar

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.kinds import Answer, Begin, Verdict
from campaigns.states import ChannelType
from messaging.models import Channel

from .base import Letter, Option, Provider, ProviderFault, Sender
from .reachable import host_check
from .smtp_connection import ConnectionGone, GarbageReply, SmtpConnection, connect
from .smtp_letter import LetterPress, address_wire
from .smtp_pool import pool
from .smtp_status import Reply, fault_of_sender, final, lost_after_begin, refusal

SECURITY = [
    ("none", gettext_lazy("None")),
    ("starttls", gettext_lazy("STARTTLS")),
    ("tls", gettext_lazy("TLS from the start")),
]


Printed = Callable[[SmtpConnection], bytes]


class OpensField(forms.BooleanField):
    """Whether opening is noted, which takes an address at which recipients find this site."""

    def validate(self, value: bool) -> None:
        """Raise ValidationError where nobody has said where this site is."""
        super().validate(value)
        if value and not settings.BASE_URL_IS_SET:
            raise forms.ValidationError(
                _("Mail programs have to find this site: whoever runs it sets BASE_URL first.")
            )


NAME_CHECK = RegexValidator(
    r"^[\w.:-]+\Z", gettext_lazy("Only the server's name or address, such as mail.example.com.")
)


class SmtpProvider(Provider):
    """Sends over SMTP, on connections that are kept open. It never says what became of a message later."""

    code = "smtp"
    name = "SMTP"
    about = gettext_lazy("Your own mail server. It says whether it took a message, not whether it arrived.")
    reaches = ChannelType.EMAIL
    options: ClassVar[Mapping[str, Option]] = {
        "host": Option(
            forms.CharField(label=gettext_lazy("Server"), max_length=250, validators=[NAME_CHECK, host_check])
        ),
        "port": Option(
            forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587)
        ),
        "security": Option(
            forms.ChoiceField(label=gettext_lazy("Encryption"), choices=SECURITY, initial="starttls")
        ),
        "username": Option(
            forms.CharField(label=gettext_lazy("User name"), required=False, max_length=250),
        ),
        "password": Option(
            forms.CharField(
                label=gettext_lazy("Password"), required=False, max_length=250, widget=forms.PasswordInput
            ),
            secret=True,
        ),
        "from_address": Option(
            forms.EmailField(
                label=gettext_lazy("Sender address"),
                required=False,
                help_text=gettext_lazy("Empty: the program's own."),
            )
        ),
        "open_pixel": Option(
            OpensField(
                label=gettext_lazy("Note when somebody opens a message"),
                required=False,
                initial=False,
                help_text=gettext_lazy(
                    "Off: nobody is watched. On: messages with HTML bring an invisible picture from this site, and who loads"
                    " it counts as having read. Kept is the time, per person; no address, no device. Many mail programs never"
                    " load it, and some load it unread, so it is a guess. Say it in your privacy notice; many countries"
                    " want people's consent first."
                ),
            )
        ),
    }

    @classmethod
    def counts_opens(cls, channel: Channel) -> bool:
        """If an owner wants it, and recipients can find this site."""
        return settings.BASE_URL_IS_SET and bool(channel.settings.get("open_pixel"))

    def __init__(self, channel: Channel, sender: Sender) -> None:
        super().__init__(channel, sender)
        from_address = self.chosen.text("from_address") or sender.address
        self._from = address_wire(from_address) or ""
        self._our_name = self._from.rpartition("@")[2] or socket.gethostname()
        self._press = LetterPress(
            sender_name=sender.name, sender_address=self._from, id_domain=f"{site_mark()}.{self._our_name}"
        )
        self._key = (channel.pk or 0, self.fingerprint)

    def problem(self) -> str:
        """Nothing can be sent without a sender's address."""
        if self._from:
            return ""
        return _(
            "There is no sender address. An owner can set it in the channel or in the program's settings."
        )

    def address_problem(self, address: str) -> str:
        """An address that SMTP can't carry, for instance one with a line break in it."""
        return "" if address_wire(address) else "bad_address"

    async def check(self) -> str:
        """Connect, say hello, log in, say goodbye."""
        connection = await self._connect()
        try:
            sender = await connection.ask(f"MAIL FROM:<{self._from}>".encode("ascii"))
            if not sender.ok:
                raise fault_of_sender(sender) or ProviderFault("sender_refused", sender.words)
        except (ConnectionGone, GarbageReply) as error:
            raise ProviderFault("connection", str(error)) from error
        finally:
            connection.close()
        return _("Connected to %(host)s; it accepts mail from %(sender)s.") % {
            "host": self.chosen.text("host"),
            "sender": self._from,
        }

    async def hand_over(self, letter: Letter, begin: Begin) -> Answer:
        """One message on a connection of our own; on a rested one that turns out to be dead, again on a new one."""
        to = address_wire(letter.address)
        if to is None:
            return Answer(Verdict.REFUSED, "bad_address", letter.address[:200])
        while True:
            connection = pool().take(self._key) or await self._connect()
            handing = Handing(connection, self._from, to)
            try:
                answer = await handing.carry(lambda c: self._printed(letter, to, c), begin)
            except (ConnectionGone, GarbageReply) as error:
                connection.abort()
                if handing.begun:
                    return lost_after_begin(str(error))
                if connection.fresh:
                    return Answer(Verdict.RETRY, "connection", str(error)[:300])
                continue
            except BaseException:
                connection.abort()
                raise
            self._part(connection, handing, answer)
            return answer

    def _part(self, connection: SmtpConnection, handing: Handing, answer: Answer) -> None:
        """Keep the connection if it stands at the start of a new message; else close it."""
        connection.fresh = False
        if handing.clean and answer.verdict is not Verdict.THROTTLED and not connection.broken:
            pool().give_back(self._key, connection)
        else:
            connection.close()

    def _printed(self, letter: Letter, to: str, connection: SmtpConnection) -> bytes:
        return self._press.print(
            to=to,
            name=letter.name,
            subject=letter.subject,
            body=letter.body,
            our_id=letter.our_id,
            second=int(time.time()),
            eight_bit="8BITMIME" in connection.features,
            html=letter.html,
            enclosures=letter.enclosures,
            unsubscribe=letter.unsubscribe,
        )

    async def aclose(self) -> None:
        """Say goodbye on every connection of this loop: it is about to end."""
        pool().close()
        await asyncio.sleep(0)

    async def _connect(self) -> SmtpConnection:
        return await connect(
            host=self.chosen.text("host"),
            port=int(self.chosen.number("port")),
            security=self.chosen.text("security"),
            username=self.chosen.text("username"),
            password=self.chosen.text("password"),
            our_name=self._our_name,
        )


class Handing:
    """One message on one connection. `begun`: its body may have left. `clean`: the connection can take the next."""

    def __init__(self, connection: SmtpConnection, sender: str, to: str) -> None:
        self.connection, self.sender, self.to = connection, sender, to
        self.begun = False
        self.clean = True

    async def carry(self, printed: Printed, begin: Begin) -> Answer:
        """The whole dialogue; raises ConnectionGone or GarbageReply."""
        content = printed(self.connection)
        limit = self.connection.features.get("SIZE", "")
        if limit.isdecimal() and 0 < int(limit) < len(content):
            return Answer(Verdict.REFUSED, "5.3.4", _("The server takes no message of this size."))
        refused = await self._envelope()
        if refused is not None:
            return refused
        begin()
        self.begun = True
        self.connection.write(content)
        reply = await self.connection.reply()
        self.clean = reply.code != 421
        return final(reply)

    async def _envelope(self) -> Answer | None:
        """Sender, recipient and DATA; None when the server is waiting for the body."""
        body = " BODY=8BITMIME" if "8BITMIME" in self.connection.features else ""
        commands = [
            f"MAIL FROM:<{self.sender}>{body}\r\n".encode("ascii"),
            f"RCPT TO:<{self.to}>\r\n".encode("ascii"),
            b"DATA\r\n",
        ]
        if "PIPELINING" in self.connection.features:
            self.connection.write(b"".join(commands))
            replies = await self._replies(len(commands))
        else:
            replies = []
            for command in commands:
                self.connection.write(command)
                replies.append(await self.connection.reply())
                if not replies[-1].ok:
                    break
        return await self._refused(replies)

    async def _replies(self, wanted: int) -> list[Reply]:
        """The replies to commands sent together. A server that refuses one may close before it has answered the rest."""
        replies: list[Reply] = []
        while len(replies) < wanted:
            try:
                replies.append(await self.connection.reply())
            except ConnectionGone:
                if not replies or replies[-1].ok:
                    raise
                self.clean = False
                break
        return replies

    async def _refused(self, replies: list[Reply]) -> Answer | None:
        refused = next((reply for reply in replies if not reply.ok), None)
        if len(replies) == 3 and replies[2].code == 354:
            if refused is None:
                return None
            # It wants a body although it refused the recipient. There is no polite way out of this.
            self.clean = False
        elif refused is None:
            raise GarbageReply(f"The server answered DATA with {replies[-1].code}.")
        fault = fault_of_sender(refused) if refused is replies[0] or refused.wants_log_in else None
        if fault is not None:
            raise fault
        answer = refusal(refused)
        if answer.verdict is Verdict.AMBIGUOUS:
            raise GarbageReply(answer.detail)
        if refused.code == 421:
            self.clean = False
        if self.clean:
            self.clean = (await self.connection.ask(b"RSET")).ok
        return answer


def site_mark() -> str:
    """A short mark of this installation, so that no other one makes the same Message-ID."""
    return hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=4, person=b"message-id").hexdigest()
