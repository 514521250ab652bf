"""The chats of a page, each with its last message and how many are unread: three queries for any number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from .models import Chat, Message

LONGEST_PREVIEW = 120

_UNREAD = """
SELECT chat.id, count(*) FROM messaging_chat chat JOIN messaging_message message
    ON message.chat_id = chat.id AND message.direction = 'in'
    AND (chat.last_read_at IS NULL OR message.queued_at > chat.last_read_at)
WHERE chat.id = ANY(%s) GROUP BY chat.id
"""
_LAST = """
SELECT last.id FROM unnest(%s::bigint[]) AS chat (id)
CROSS JOIN LATERAL (SELECT id FROM messaging_message WHERE chat_id = chat.id ORDER BY id DESC LIMIT 1) AS last
"""


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One chat."""

    chat: Chat
    last: Message | None
    unread: int

    @property
    def preview(self) -> str:
        """How its last message begins."""
        if self.last is None:
            return ""
        parts = (" ".join(part.split()) for part in (self.last.subject, self.last.body))
        text = " · ".join(part for part in parts if part)
        return text[:LONGEST_PREVIEW] + ("…" if len(text) > LONGEST_PREVIEW else "")

    @property
    def is_ours(self) -> bool:
        """Whether the last word was ours."""
        return self.last is not None and self.last.direction == "out"


def chat_rows(chats: Sequence[Chat]) -> list[ChatRow]:
    """These chats as rows, in their order."""
    ids = [chat.pk for chat in chats]
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [[chat.pk for chat in chats if chat.last_inbound_at is not None]])
        unread = dict(cursor.fetchall())
        cursor.execute(_LAST, [ids])
        newest = [pk for (pk,) in cursor.fetchall()]
    last = {message.chat_id: message for message in Message.objects.filter(pk__in=newest)}
    return [ChatRow(chat, last.get(chat.pk), unread.get(chat.pk, 0)) for chat in chats]
