"""One's own notices in a program: which batches have ended, and how."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.lib.listing import is_bare, render_list
from batchadmin.lib.tables import table_configure
from batches.list_filters import NoticeFilter
from batches.models import Notice
from batches.registry import kind_of
from batches.tables import NoticeTable


@require_GET
@member_required()
def notice_list(request: MemberRequest) -> HttpResponseBase:
    """The member's own notices, the newest first; those not read yet stand out."""
    own = Notice.objects.visible_to(request.membership)
    narrowed = NoticeFilter(request, own)
    rows = narrowed.qs.select_related("batch__program", "user").order_by("-id")
    table = table_configure(request, NoticeTable(rows))
    context = {
        "table": table,
        "any_unread": own.unread().exists(),
        "filter": narrowed,
        "nothing_at_all": is_bare(table, narrowed),
    }
    return render_list(request, "batches/notices.html", context)


@require_POST
@member_required()
def notice_open(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Mark one of one's own notices as read, and go to its batch."""
    own = Notice.objects.visible_to(request.membership)
    notice = get_object_or_404(own.select_related("batch__program"), pk=pk)
    own.filter(pk=pk).unread().update(read_at=timezone.now())
    return redirect(kind_of(notice.batch).page(notice.batch))


@require_POST
@member_required()
def notices_read(request: MemberRequest) -> HttpResponseBase:
    """Mark all of one's own notices in this program as read."""
    Notice.objects.visible_to(request.membership).unread().update(read_at=timezone.now())
    return redirect("notices", program=request.membership.program.slug)
