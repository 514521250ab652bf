"""What made-up influencers wrote back, so that the demo's chats have something unread."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from batchadmin.accounts.models import Program
from messaging.models import Chat
from messaging.news import Heard
from messaging.services.inbound import messages_receive

ANSWERS = (
    "Hi! I would love to join. Where do I sign?",
    "Thank you, the box is here 📦 When shall I post?",
    "Is it fine to post on Monday instead?",
    "Could you send it in size S, please?",
    "My post is online now. Have a look!",
    "What is the fee for two stories?",
)


def answers_made(program: Program) -> int:
    """Let a few of those who were written to by e-mail answer, within the last hours. Returns how many did."""
    chats = Chat.objects.filter(program=program, influencer__email__isnull=False, influencer__opt_outs=None)
    chosen = list(chats.select_related("influencer", "channel").newest_first()[: len(ANSWERS)])
    now = timezone.now()
    for number, (chat, words) in enumerate(zip(chosen, ANSWERS, strict=False)):
        at = now - timedelta(minutes=7 + 41 * number)
        heard = Heard(f"demo-{chat.pk}", chat.influencer.email or "", words, at)
        messages_receive(channel=chat.channel, heard=[heard])
    return len(chosen)
