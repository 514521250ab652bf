"""Settings > Members: everybody reads it, owners change it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.forms import MemberAddForm, MemberRoleForm
from batchadmin.accounts.leaving import notes_on
from batchadmin.accounts.mail import invitation_send
from batchadmin.accounts.models import Invitation, Membership
from batchadmin.accounts.services import (
    invitation_make,
    invitation_revoke,
    member_remove,
    member_role_change,
)
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm


@require_GET
@member_required()
def members(request: MemberRequest) -> HttpResponse:
    """Who is in the program, with which role."""
    return members_page(request, MemberAddForm())


@require_POST
@member_required(Role.OWNER)
def member_new(request: MemberRequest) -> HttpResponse:
    """Invite somebody by e-mail; a bad address is shown in the form."""
    form = MemberAddForm(request.POST)
    if not form.is_valid():
        return members_page(request, form, status=422)
    try:
        invitation, text = invitation_make(
            program=request.membership.program,
            email=form.cleaned_data["email"],
            role=Role(form.cleaned_data["role"]),
            by=request.user,
        )
    except ValidationError as error:
        form.add_error("email", error.messages)
        return members_page(request, form, status=422)
    words = {"person": invitation.email}
    if invitation_send(invitation=invitation, text=text, by=request.user):
        messages.success(request, _("%(person)s gets an invitation by e-mail.") % words)
    else:
        messages.warning(
            request, _("The invitation for %(person)s couldn't be sent. Invite them again later.") % words
        )
    return redirect("members", program=request.membership.program.slug)


@require_POST
@member_required(Role.OWNER)
def invitation_back(request: MemberRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(Invitation.objects.visible_to(request.membership), pk=pk)
    words = {"person": invitation.email}
    if invitation_revoke(invitation=invitation, by=request.user):
        messages.success(request, _("The invitation for %(person)s is taken back.") % words)
    else:
        messages.error(request, _("The invitation for %(person)s isn't open any more.") % words)
    return redirect("members", program=request.membership.program.slug)


@require_POST
@member_required(Role.OWNER)
def member_role(request: MemberRequest, pk: int) -> HttpResponse:
    """Give a member another role."""
    member = get_object_or_404(members_seen(request), pk=pk)
    form = MemberRoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles."))
        return redirect("members", program=request.membership.program.slug)
    try:
        changed = member_role_change(membership=member, role=Role(form.cleaned_data["role"]), by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        words = {"person": member.user.get_full_name(), "role": changed.get_role_display()}
        messages.success(request, _("%(person)s: %(role)s.") % words)
    return redirect("members", program=request.membership.program.slug)


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def member_leave(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask, then end the membership; who removes themselves is led home."""
    member = get_object_or_404(members_seen(request), pk=pk)
    if request.method == "GET":
        return removal_question(request, member)
    try:
        member_remove(membership=member, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("members", program=request.membership.program.slug)
    words = {"person": member.user.get_full_name(), "program": request.membership.program.name}
    messages.success(request, _("%(person)s isn't a member of %(program)s any more.") % words)
    if member.user_id == request.user.pk:
        return redirect("home")
    return redirect("members", program=request.membership.program.slug)


def members_seen(request: MemberRequest) -> QuerySet[Membership]:
    """The program's members with their users, by name."""
    rows = Membership.objects.visible_to(request.membership).select_related("user")
    return rows.order_by("user__full_name", "user__email")


def members_page(request: MemberRequest, form: MemberAddForm, *, status: int = 200) -> HttpResponse:
    """The page, with the form as it was sent when it needs mending."""
    invited = Invitation.objects.visible_to(request.membership).open().select_related("invited_by")
    context = {
        "members": members_seen(request),
        "form": form,
        "roles": list(Role),
        "invited": invited.order_by("email") if request.membership.may_own else [],
    }
    return render(request, "accounts/members.html", context, status=status)


def removal_question(request: MemberRequest, member: Membership) -> HttpResponse:
    """What removing this member will mean."""
    words = {"person": member.user.get_full_name(), "program": request.membership.program.name}
    if member.user_id == request.user.pk:
        sight = _("You lose sight of %(program)s at once. What you have requested goes on and stays listed.")
    else:
        sight = _(
            "They lose sight of %(program)s at once. What they have requested goes on and stays listed."
        )
    context = {
        "title": _("Remove %(person)s?") % words,
        "consequence": sight % words,
        "details": notes_on(member),
        "confirm_label": _("Remove %(person)s") % words,
        "cancel_url": reverse("members", kwargs={"program": request.membership.program.slug}),
        "cancel_label": _("Keep"),
        "danger": True,
    }
    return render_confirm(request, context)
