"""Settings > API tokens: owners make them, see when they were last used, and revoke them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.forms import TokenForm
from batchadmin.accounts.models import ApiToken
from batchadmin.accounts.services import token_create, token_revoke
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from batchadmin.lib.moments import relative_time


@never_cache
@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def tokens(request: MemberRequest) -> HttpResponse:
    """The tokens; POST makes one, whose text this answer shows and no other ever will."""
    if request.method != "POST":
        return tokens_page(request, TokenForm())
    form = TokenForm(request.POST)
    if not form.is_valid():
        return tokens_page(request, form, status=422)
    try:
        made, text = token_create(
            program=request.membership.program,
            role=Role(form.cleaned_data["role"]),
            name=form.cleaned_data["name"],
            by=request.user,
        )
    except ValidationError as error:
        form.add_error("name", error.messages)
        return tokens_page(request, form, status=422)
    return tokens_page(request, TokenForm(), made=made, text=text)


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def token_end(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask, then make the token useless."""
    token = get_object_or_404(ApiToken.objects.visible_to(request.membership), pk=pk)
    words = {"name": token.name}
    if request.method == "POST":
        token_revoke(token=token, by=request.user)
        messages.success(request, _("“%(name)s” is revoked.") % words)
        return redirect("tokens", program=request.membership.program.slug)
    context = {
        "title": _("Revoke “%(name)s”?") % words,
        "consequence": _(
            "What uses it is refused from now on. It can't be taken back; make a new one instead."
        ),
        "details": [_use(token)],
        "confirm_label": _("Revoke it"),
        "cancel_url": reverse("tokens", kwargs={"program": request.membership.program.slug}),
        "cancel_label": _("Keep"),
        "danger": True,
    }
    return render_confirm(request, context)


def _use(token: ApiToken) -> str:
    """Whether anything would miss it."""
    if token.last_used_at is None:
        return _("It has never been used.")
    return format_html(_("It was last used {when}."), when=relative_time(token.last_used_at))


def tokens_page(
    request: MemberRequest,
    form: TokenForm,
    *,
    status: int = 200,
    made: ApiToken | None = None,
    text: str = "",
) -> HttpResponse:
    """The page: what is in use first, then what was revoked; with the text of one that has just been made."""
    rows = ApiToken.objects.visible_to(request.membership).select_related("created_by")
    context = {
        "tokens": rows.usable().order_by("name", "pk"),
        "revoked": rows.exclude(revoked_at=None).order_by("-revoked_at")[:50],
        "form": form,
        "roles": list(Role),
        "made": made,
        "text": text,
        "api_docs": reverse("api-docs"),
    }
    return render(request, "accounts/tokens.html", context, status=status)
