"""A chat: the messages with one influencer on one channel, each with its timeline; and a few words back."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import fragment_asked, live_unchanged, render_live
from batches.models import BatchItem, BatchRequest
from batches.refusals import BatchRefused
from campaigns.audience import Selection
from campaigns.models import Influencer
from campaigns.presentation import address_shown
from messaging.filters import STATUSES
from messaging.forms import ReplyForm
from messaging.models import Broadcast, Chat, InboundFile, Message
from messaging.presentation import Bubble, bubbles_of
from messaging.providers.registry import provider_class
from messaging.rendering import TemplateFault
from messaging.services import few_request
from messaging.states import Direction

from .log import broadcast_find
from .sent import lead_to_log

MOST_BUBBLES = 50
MESSAGE = re.compile(r"[0-9]{1,18}")
# What may change of a message and of a file that came with it.
TOLD = ("pk", "status", "sent_at", "delivered_at", "read_at", "failed_at")
TOLD_OF_FILES = ("pk", "state", "attempts")
LIVE_SECONDS = 3


@require_GET
@member_required()
def recipient(request: MemberRequest, pk: int, key: int) -> HttpResponseBase:
    """Detail: the chat of one recipient of a broadcast, with ways to the one before and the next."""
    broadcast = broadcast_find(request, pk)
    item = get_object_or_404(BatchItem.objects.of(broadcast.pk), key=key)
    chats = Chat.objects.visible_to(request.membership).select_related("influencer", "channel")
    chat = get_object_or_404(chats, influencer=key, channel=broadcast.channel_id)
    return _show(request, chat, {"broadcast": broadcast, "item": item})


def neighbours(broadcast: Broadcast, item: BatchItem) -> dict[str, Any]:
    """The recipients of the same fate before and after this one."""
    status = next((name for name, statuses in STATUSES.items() if item.status in statuses), "")
    same = BatchItem.objects.of(broadcast.pk, item.status)
    with_message = Message.objects.of_batch(broadcast.pk).values("key")
    others = same.filter(key__in=with_message).order_by("key").values_list("key", flat=True)
    before, after = others.filter(key__lt=item.key).order_by("-key")[:1], others.filter(key__gt=item.key)[:1]
    keys = list(before.union(after))
    return {
        "tab_status": status,
        "before": next((key for key in keys if key < item.key), None),
        "after": next((key for key in keys if key > item.key), None),
    }


@require_GET
@member_required()
def chat(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A chat by itself."""
    found = Chat.objects.visible_to(request.membership).select_related("influencer", "channel")
    chat = get_object_or_404(found, pk=pk)
    seen(request, chat)
    before = request.GET.get("before", "")
    if MESSAGE.fullmatch(before):
        return render(request, "messaging/chats/older.html", {"chat": chat, **_bubbles(chat, int(before))})
    return _show(request, chat, {})


def _show(request: MemberRequest, chat: Chat, more: dict[str, Any]) -> HttpResponseBase:
    """The page, or for its poller the bubbles if anything has changed in them. It never ends: a person may write at any time."""
    if fragment_asked(request) == "live":
        unchanged = live_unchanged(request, version=chat_version(chat), ended=False)
        if unchanged is not None:
            return unchanged
    elif more:
        more = {**more, **neighbours(more["broadcast"], more["item"])}
    context = {**_context(request, chat), **more}
    version = bubbles_version(context["bubbles"])
    return render_live(request, "messaging/chats/chat.html", context, version=version, ended=False)


def chat_version(chat: Chat) -> str:
    """Changes when anything does that the page shows of its messages; cheaper than reading them."""
    told = list(chat.messages.order_by("-id").values_list(*TOLD)[:MOST_BUBBLES])
    files = InboundFile.objects.filter(message__in=[message[0] for message in told])
    return _version(told, list(files.values_list(*TOLD_OF_FILES)))


def bubbles_version(bubbles: list[Bubble]) -> str:
    """The same, of messages that have been read."""
    told = [_values(bubble.message, TOLD) for bubble in reversed(bubbles)]
    return _version(told, [_values(file, TOLD_OF_FILES) for bubble in bubbles for file in bubble.heard])


def _values(row: Message | InboundFile, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)


def _version(messages: list[Any], files: list[Any]) -> str:
    return hashlib.blake2b(repr([*messages, *sorted(files)]).encode(), digest_size=8).hexdigest()


def seen(request: MemberRequest, chat: Chat) -> None:
    """Whoever may answer has looked: nothing up to what is shown is unread. A viewer's look changes nothing."""
    if request.method == "GET" and request.membership.may(Role.MANAGER):
        Chat.objects.filter(pk=chat.pk).unread().update(last_read_at=chat.last_inbound_at)


def _context(request: MemberRequest, chat: Chat, form: ReplyForm | None = None) -> dict[str, Any]:
    provider = provider_class(chat.channel)
    shown = _bubbles(chat)
    return {
        "chat": chat,
        **shown,
        "address": address_shown(chat.influencer.address(provider.reaches) or ""),
        "form": form or ReplyForm(has_subject=provider.has_subject),
        "live_url": request.path,
        "live_seconds": LIVE_SECONDS,
        "say": said_last([bubble.message for bubble in shown["bubbles"][-1:]], chat),
        "may_reply": request.membership.may(Role.MANAGER) and chat.influencer.erased_at is None,
    }


def _bubbles(chat: Chat, before: int | None = None) -> dict[str, Any]:
    """The newest messages, or the newest of those before one; and before which one there are more, if there are."""
    told = (
        chat.messages.order_by("-id")
        if before is None
        else chat.messages.filter(pk__lt=before).order_by("-id")
    )
    found = list(told[: MOST_BUBBLES + 1])
    shown = found[:MOST_BUBBLES]
    return {
        "bubbles": bubbles_of(list(reversed(shown)), chat),
        "older_than": shown[-1].pk if len(found) > len(shown) else None,
    }


def said_last(newest: list[Message], chat: Chat) -> str:
    """What is spoken when the page changes: who wrote last, or how far our last message has come."""
    if not newest:
        return ""
    if newest[0].direction == Direction.IN:
        return _("{name} has written.").format(name=chat.influencer.name)
    return str(newest[0].get_status_display())


@require_POST
@member_required(Role.MANAGER)
def chat_reply(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Write back to one person, ahead of all bulk work."""
    found = Chat.objects.visible_to(request.membership).select_related("influencer", "channel__program")
    chat = get_object_or_404(found, pk=pk)
    form = ReplyForm(request.POST, has_subject=provider_class(chat.channel).has_subject)
    if form.is_valid():
        try:
            broadcast = few_request(
                program=request.membership.program,
                by=request.user,
                channel=chat.channel,
                subject=form.cleaned_data.get("subject", ""),
                body=form.cleaned_data["body"],
                audience=Selection(ids=(chat.influencer_id,)),
            )
            lead_to_log(request, broadcast)
            batch = BatchRequest.objects.get(pk=broadcast.pk)
            if batch.skipped:
                messages.error(request, _("It was not sent: this person is left out. See why in the log."))
                return redirect("broadcast", program=request.membership.program.slug, pk=broadcast.pk)
            return redirect("chat", program=request.membership.program.slug, pk=pk)
        except TemplateFault as fault:
            form.add_error(fault.field, str(fault))
        except BatchRefused as refused:
            form.add_error(None, str(refused))
    context = {**_context(request, chat, form), "live_version": chat_version(chat)}
    return render(request, "messaging/chats/chat.html", context, status=422)


@require_GET
@member_required()
def influencer_messages(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The chats of an influencer: a piece of the profile, or a page where nothing fetches pieces."""
    person = get_object_or_404(Influencer.objects.visible_to(request.membership), pk=pk)
    chats = Chat.objects.visible_to(request.membership).filter(influencer=person).select_related("channel")
    newest = Message.objects.visible_to(request.membership).filter(chat__influencer=person).order_by("-id")
    context = {
        "influencer": person,
        "chats": chats.order_by("-last_message_at"),
        "messages_shown": newest.select_related("chat__channel").defer("body")[:20],
    }
    name = "_influencer_messages" if request.htmx else "influencer_messages"
    return render(request, f"messaging/chats/{name}.html", context)
