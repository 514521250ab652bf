"""Chats: every conversation of the program, the newest first, those with unread messages marked."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.listing import render_list
from batchadmin.lib.tables import table_configure
from batchadmin.lib.templatetags.ui import amount
from messaging.chat_filters import ChatFilter
from messaging.chat_rows import chat_rows
from messaging.filters import without_nul
from messaging.models import Chat
from messaging.tables import ChatTable

MOST_COUNTED = 1_000  # unread chats; beyond that the page says "1,000+"


@require_GET
@member_required()
def chat_list(request: MemberRequest) -> HttpResponseBase:
    """The chats that the address asks for; the number of unread ones on top."""
    visible = Chat.objects.visible_to(request.membership)
    narrowed = ChatFilter(without_nul(request.GET), queryset=visible, request=request)  # type: ignore[no-untyped-call]
    chats = narrowed.qs if narrowed.form.is_valid() else Chat.objects.none()
    table = ChatTable(chats.select_related("influencer", "channel").newest_first())
    table.keys_first, table.whole = (
        bool(request.GET.get("q")),
        visible.select_related("influencer", "channel"),
    )
    table_configure(request, table)
    unread = visible.unread().order_by()[: MOST_COUNTED + 1].count()
    context = {
        "table": table,
        "rows": chat_rows([row.record for row in table.paginated_rows]),
        "filter": narrowed,
        "unread": unread,
        "unread_shown": amount(unread) if unread <= MOST_COUNTED else f"{amount(MOST_COUNTED)}+",
    }
    return render_list(request, "messaging/chats/chats.html", context)
