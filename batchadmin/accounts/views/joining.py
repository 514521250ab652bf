"""The page behind an invitation's link."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.forms import JoinForm
from batchadmin.accounts.models import Invitation, Membership, User
from batchadmin.accounts.services import invitation_accept, invitation_find, invitation_join
from batchadmin.accounts.throttling import tries_limited


@never_cache
@require_http_methods(["GET", "POST"])
@tries_limited
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who has the link reads what it is about; its address's owner accepts, with an account or by making one."""
    found = invitation_find(text=token)
    if found is None:
        return render(request, "accounts/invitation_gone.html", status=404)
    if isinstance(request.user, User):
        return _as_user(request, found, request.user)
    known = User.objects.filter(email=found.email).first()
    if known is not None and known.has_usable_password():
        log_in = f"{reverse('log-in')}?next={request.path}"
        return render(request, "accounts/invitation.html", {"invitation": found, "log_in": log_in})
    return _as_new(request, found)


def _as_user(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    is_theirs = found.email == user.email
    if request.method == "POST" and is_theirs:
        try:
            return _joined(request, invitation_accept(invitation=found, user=user))
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("home")
    context = {"invitation": found, "is_theirs": is_theirs, "is_other": not is_theirs}
    return render(request, "accounts/invitation.html", context)


def _as_new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None, email=found.email)
    if form.is_valid():
        told = form.cleaned_data
        try:
            made = invitation_join(invitation=found, full_name=told["full_name"], password=told["password2"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            login(request, made.user, backend="django.contrib.auth.backends.ModelBackend")
            return _joined(request, made)
    context = {"invitation": found, "form": form}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)


def _joined(request: HttpRequest, membership: Membership) -> HttpResponse:
    words = {"program": membership.program.name, "role": membership.get_role_display()}
    messages.success(request, _("You are in %(program)s now, as %(role)s.") % words)
    return redirect("dashboard", program=membership.program.slug)
