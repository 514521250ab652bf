"""Where one is logged in, and with which e-mail address."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from batchadmin.accounts.forms import AddressForm
from batchadmin.accounts.mail import address_ask, address_tell
from batchadmin.accounts.models import User, UserSession
from batchadmin.accounts.services import (
    address_change,
    address_change_read,
    address_token,
    session_end,
    sessions_end,
)
from batchadmin.accounts.throttling import tries_limited


@require_POST
@login_required
def session_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Log out in one browser; in this one, that is a log-out."""
    session = get_object_or_404(UserSession, pk=pk, user=cast(User, request.user))
    if session.session_key == request.session.session_key:
        logout(request)
        return redirect("log-in")
    session_end(session=session)
    messages.success(request, _("That browser is logged out."))
    return redirect("me")


@require_POST
@login_required
def sessions_close(request: HttpRequest) -> HttpResponse:
    """Log out everywhere but here."""
    ended = sessions_end(user=cast(User, request.user), but=request.session.session_key)
    words = ngettext(
        "%(count)d other browser is logged out.", "%(count)d other browsers are logged out.", ended
    )
    messages.success(request, words % {"count": ended})
    return redirect("me")


@require_http_methods(["GET", "POST"])
@login_required
@tries_limited
def address(request: HttpRequest) -> HttpResponse:
    """Ask for another address; the answer is the same whether or not somebody has it already."""
    user = cast(User, request.user)
    form = AddressForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        email = form.cleaned_data["email"]
        if address_ask(user=user, email=email, token=address_token(user=user, email=email)):
            words = _("An e-mail is on its way to %(email)s. Nothing changes before you follow its link.")
            messages.success(request, words % {"email": email})
            return redirect("me")
        form.add_error(None, _("The e-mail couldn't be sent. Try again later."))
    return render(request, "accounts/address.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def address_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the link: ask, then change. Mail scanners follow links, so that alone changes nothing."""
    change = address_change_read(token=token)
    if change is None:
        return render(request, "accounts/address_gone.html", status=404)
    if request.method != "POST":
        return render(request, "accounts/address_confirm.html", {"change": change})
    try:
        address_change(change=change)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("log-in")
    address_tell(before=change.before, after=change.after)
    logout(request)
    messages.success(request, _("Your address is %(email)s now. Log in with it.") % {"email": change.after})
    return redirect("log-in")
