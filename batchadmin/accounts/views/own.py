"""Pages about oneself: where one lands, and one's own settings."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from batchadmin.accounts.forms import ProfileForm
from batchadmin.accounts.models import Membership, User


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the dashboard of the program that was used last; without a program, say what to do."""
    membership = Membership.objects.of_user(cast(User, request.user)).first()
    if membership is None:
        return render(request, "accounts/no_program.html")
    return redirect("dashboard", program=membership.program.slug)


@login_required
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """One's own name and notices, the way to a new password, the programs one is in, and where one is logged in."""
    user = cast(User, request.user)
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your settings are saved."))
        return redirect("me")
    context = {
        "form": form,
        "memberships": Membership.objects.of_user(user),
        "sessions": user.sessions.order_by("-seen_at"),
        "current_key": request.session.session_key,
    }
    return render(request, "accounts/me.html", context, status=422 if form.errors else 200)
