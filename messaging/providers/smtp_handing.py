"""One message on one connection: its envelope, then its body, and with the body the envelope of the message that follows.

RFC 2920 lets a client send the commands that begin the next message along with the end of this one, which saves one of two round
trips a message. An envelope is nothing that a server could act upon: a message whose body never comes is nobody's mail.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from batches.kinds import Answer, Verdict

from .smtp_connection import GarbageReply, SmtpConnection
from .smtp_status import Reply, fault_of_sender, final, refusal

COMMANDS = 3  # of an envelope: sender, recipient, DATA


class Handing:
    """One message on one connection.

    `announced`: its envelope went along with the message before. `is_next`: that one has its answer. `begun`: its body may have
    left. `clean`: the connection can take the next.
    """

    def __init__(
        self, connection: SmtpConnection, sender: str, to: str, content: bytes, key: int = 0
    ) -> None:
        self.connection = connection
        self.content, self.key = content, key
        body = " BODY=8BITMIME" if "8BITMIME" in connection.features else ""
        self.commands = f"MAIL FROM:<{sender}>{body}\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode("ascii")
        self.announced = self.is_next = self.begun = False
        self.clean = True

    @property
    def fits(self) -> bool:
        """Whether the server takes a message of this size, as far as it said."""
        limit = self.connection.features.get("SIZE", "")
        return not limit.isdecimal() or not 0 < int(limit) < len(self.content)

    async def envelope(self) -> Answer | None:
        """Sender, recipient and DATA; None when the server is waiting for the body. Raises ConnectionGone or GarbageReply."""
        if self.announced:
            replies = await self.connection.replies(COMMANDS)
        elif not self.fits:
            return Answer(Verdict.REFUSED, "5.3.4", _("The server takes no message of this size."))
        elif "PIPELINING" in self.connection.features:
            self.connection.write(self.commands)
            replies = await self.connection.replies(COMMANDS)
        else:
            replies = await self._one_by_one()
        return await self._refused(replies)

    async def body(self, following: Handing | None) -> Answer:
        """The message itself, and the envelope of the one that follows; raises ConnectionGone or GarbageReply."""
        if self.connection.says_more:  # or it would be taken for the answer to this message
            raise GarbageReply("The server says more than it was asked.")
        self.begun = True
        if following is None:
            self.connection.write(self.content)
        else:
            following.announced = True
            self.connection.write(self.content + following.commands)
        reply = await self.connection.reply()
        self.clean = reply.code != 421
        return final(reply)

    async def _one_by_one(self) -> list[Reply]:
        replies: list[Reply] = []
        for command in self.commands.splitlines():
            replies.append(await self.connection.ask(command))
            if not replies[-1].ok:
                break
        return replies

    async def _refused(self, replies: list[Reply]) -> Answer | None:
        refused = next((reply for reply in replies if not reply.ok), None)
        if len(replies) == COMMANDS and replies[2].code == 354:
            if refused is None:
                return None
            # It wants a body although it refused the recipient. There is no polite way out of this.
            self.clean = False
        elif refused is None:
            raise GarbageReply(f"The server answered DATA with {replies[-1].code}.")
        if self.connection.broken:
            self.clean = False
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
