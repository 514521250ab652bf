"""The page behind the link in every bulk message: opting out with one press, and coming back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from batches.models import BatchRequest
from campaigns.models import Influencer
from campaigns.services import opt_out_lift, opt_out_set
from campaigns.states import ChannelType
from messaging.unsubscribing import Link, link_read

AGAIN = "again"
# In the middle of a sentence.
_WAYS = {ChannelType.EMAIL: _("e-mail"), ChannelType.SMS: _("SMS"), ChannelType.WHATSAPP: _("WhatsApp")}


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, for programs that scan mail open every link; opt out on POST, also the mail program's own (RFC 8058).

    Whoever has the link is the person; there is no log-in and no token of a form. Repeats change nothing.
    """
    link = link_read(token)
    if link is None:
        return _page(request, "unknown", status=404)
    person = Influencer.objects.present().select_related("program").filter(pk=link.influencer_id).first()
    if person is None:  # erased: nothing is ever sent to them, which is all that they want
        return _page(request, "done")
    if request.method == "POST":
        wants_back = bool(request.POST.get(AGAIN))
        _heed(person, link, wants_back=wants_back)
        return _page(request, "back" if wants_back else "done", person=person, link=link)
    out = person.opt_outs.filter(channel_type=link.channel_type, by_person=True).exists()
    return _page(request, "done" if out else "ask", person=person, link=link)


def _heed(person: Influencer, link: Link, *, wants_back: bool) -> None:
    if wants_back:
        reason = gettext("by the link in a message")
        opt_out_lift(influencer=person, channel_type=link.channel_type, by=None, reason=reason)
        return
    batch = BatchRequest.objects.filter(pk=link.batch_id, program=person.program_id).first()
    named = gettext("unsubscribed from “%(name)s”") % {"name": batch.name} if batch else ""
    reason = named or gettext("unsubscribed by link")
    opt_out_set(influencer=person, channel_type=link.channel_type, reason=reason, by_person=True)


def _page(
    request: HttpRequest,
    state: str,
    *,
    person: Influencer | None = None,
    link: Link | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "state": state,
        "sender": (person.program.sender_name or person.program.name) if person else "",
        "by": _WAYS[ChannelType(link.channel_type)] if link else "",
        "may_return": person is not None,
    }
    return render(request, "messaging/unsubscribe.html", context, status=status)
