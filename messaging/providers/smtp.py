"""Plain SMTP: a mail server of one's own, or of one's provider."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time
from collections.abc import Mapping
from typing import ClassVar

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.kinds import Answer, Begin, Following, Verdict
from campaigns.states import ChannelType
from messaging.models import Channel

from .base import Letter, Option, Provider, ProviderFault, Sender
from .reachable import host_check
from .smtp_connection import ConnectionGone, GarbageReply, SmtpConnection, connect
from .smtp_handing import Handing
from .smtp_letter import LetterPress, address_wire
from .smtp_pool import pool
from .smtp_status import fault_of_sender, lost_after_begin

SECURITY = [
    ("none", gettext_lazy("None")),
    ("starttls", gettext_lazy("STARTTLS")),
    ("tls", gettext_lazy("TLS from the start")),
]


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
        self._announced: dict[int, Handing] = {}  # by the key of their letters

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
        """One message, and nothing of another one."""
        return await self.hand_over_ahead(letter, begin, lambda: None)

    async def hand_over_ahead(self, letter: Letter, begin: Begin, following: Following) -> Answer:
        """One message on a connection of our own; on a rested one that turns out to be dead, again on a new one.

        Along with its body goes the envelope of what follows, if the server says that it can take that (PIPELINING).
        """
        to = address_wire(letter.address)
        if to is None:
            return Answer(Verdict.REFUSED, "bad_address", letter.address[:200])
        while True:
            handing = self._announced.pop(letter.key, None)
            if handing is None:
                connection = pool().take(self._key) or await self._connect()
                handing = Handing(connection, self._from, to, self._printed(letter, to, connection))
            try:
                return await self._carry(handing, begin, following)
            except (ConnectionGone, GarbageReply) as error:
                if handing.begun:
                    return lost_after_begin(str(error))
                if handing.connection.fresh:
                    return Answer(Verdict.RETRY, "connection", str(error)[:300])

    async def _carry(self, handing: Handing, begin: Begin, following: Following) -> Answer:
        """The whole dialogue; raises ConnectionGone or GarbageReply. Whatever it raises, the connection is cut."""
        follower: Handing | None = None
        try:
            answer = await handing.envelope()
            if answer is None:
                follower = self._announce(handing.connection, following)
                begin()
                answer = await handing.body(follower)
        except BaseException as error:
            handing.connection.abort()
            self._forget(follower)
            if handing.announced and not handing.begun and not isinstance(error, ProviderFault):
                pool().unheard(self._key, at_all=not isinstance(error, ConnectionGone))
            raise
        if handing.announced:
            pool().heard(self._key)
        self._part(handing, follower, answer)
        return answer

    def _announce(self, connection: SmtpConnection, following: Following) -> Handing | None:
        """What goes along with the body of the message before it; None where nothing follows, or not in this way."""
        if "PIPELINING" not in connection.features or not pool().may_announce(self._key):
            return None
        letter = following()
        to = None if letter is None else address_wire(letter.address)
        if letter is None or to is None:
            return None
        try:
            handing = Handing(connection, self._from, to, self._printed(letter, to, connection), letter.key)
        except Exception:  # whatever is wrong with it is told when its turn has come
            return None
        if handing.fits:
            self._announced[letter.key] = handing
            return handing
        return None

    def not_following(self, letter: Letter) -> None:
        """The server waits for a body that isn't going to come: cut the connection, once nobody else waits there."""
        handing = self._announced.pop(letter.key, None)
        if handing is not None and handing.is_next:
            handing.connection.abort()

    def _forget(self, follower: Handing | None) -> bool:
        """Whether the follower was still meant to follow; it isn't any more."""
        if follower is None or self._announced.get(follower.key) is not follower:
            return False
        del self._announced[follower.key]
        return True

    def _part(self, handing: Handing, follower: Handing | None, answer: Answer) -> None:
        """Leave the connection to what follows, or to anybody if it stands at the start of a message; else close it."""
        connection = handing.connection
        connection.fresh = False
        sound = handing.clean and answer.verdict is not Verdict.THROTTLED and not connection.broken
        if follower is None:
            if sound:
                pool().give_back(self._key, connection)
            else:
                connection.close()
        elif sound and self._announced.get(follower.key) is follower:
            follower.is_next = True
        else:  # an envelope was said on it, and what is said next would be taken for the body
            self._forget(follower)
            connection.abort()

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

    async def rest(self, most: int) -> None:
        """Keep at most so many connections: mail servers count those that are open."""
        await pool().keep_only(self._key, most)

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


def site_mark() -> str:
    """A short mark of this installation, so that no other one makes the same Message-ID."""
    return hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=4, person=b"message-id").hexdigest()
