"""Who may open a page: the one decorator that every page of a program wears."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from batchadmin.accounts.carrying import carried_here, carried_put
from batchadmin.accounts.models import Membership, User
from batchadmin.accounts.states import Role

LAST_PROGRAM = "last_program"

Rest = ParamSpec("Rest")


class MemberRequest(HttpRequest):
    """A request of somebody who is a member of the program in the address; for annotations."""

    membership: Membership
    memberships: list[Membership]  # all of the user's, the last used program first
    user: User
    htmx: HtmxDetails


MemberView = Callable[Concatenate[MemberRequest, Rest], HttpResponseBase]


def member_required(
    role: Role = Role.VIEWER,
    *,
    keeps_form: bool = False,
) -> Callable[[MemberView[Rest]], Callable[..., HttpResponseBase]]:
    """Let only members with at least `role` in; the view gets `request.membership` and the address's rest.

    Nobody logged in: the log-in page, which leads back; with `keeps_form` the view finds there what was sent.
    Not a member: 404, as if the program didn't exist. A lesser role: a 403 page that says whom to ask.
    Times are shown in the program's time zone.
    """

    def decorate(view: MemberView[Rest]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(
            request: HttpRequest, program: str, *args: Rest.args, **kwargs: Rest.kwargs
        ) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if keeps_form and request.method == "POST":
                    carried_put(request)
                return log_in_first(request)
            member_request = cast(MemberRequest, request)
            member_request.memberships = memberships_of(request.user)
            member_request.membership = membership = find_membership(member_request.memberships, program)
            with timezone.override(membership.program.time_zone):
                if not membership.may(role):
                    return refuse(member_request, role)
                remember_program(member_request)
                return view(member_request, *args, **kwargs)

        return guarded

    return decorate


def memberships_of(user: User) -> list[Membership]:
    """The user's memberships with their programs, the last used first: one query for the right to look and for the switch."""
    found = list(Membership.objects.of_user(user))
    for membership in found:
        membership.user = user
    return found


def find_membership(memberships: Iterable[Membership], slug: str) -> Membership:
    """The one in the program with this slug; raises Http404 if there is none."""
    for membership in memberships:
        if membership.program.slug == slug:
            return membership
    raise Http404(_("There is no such program, or you are not a member of it."))


def log_in_first(request: HttpRequest) -> HttpResponse:
    """Send to the log-in page, which leads back; a fragment's request, which can't be led there, gets a 401.

    A form that isn't kept leads back to the page that it stood on, and says that it was not heeded.
    """
    if request.headers.get("HX-Request"):
        return HttpResponse(
            _("You have been logged out. Log in again."), status=401, content_type="text/plain"
        )
    if request.method == "POST" and not carried_here(request):
        messages.error(request, _("You had been logged out, so nothing was done. Log in, and do it again."))
        return redirect_to_login(_page_of_form(request))
    return redirect_to_login(request.get_full_path())


def _page_of_form(request: HttpRequest) -> str:
    """The page on which a form was sent, as the browser tells; where it's sent to may be no page."""
    told = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(told, {request.get_host()}, require_https=request.is_secure()):
        return request.get_full_path()
    page = urlsplit(told)
    return f"{page.path}?{page.query}" if page.query else page.path


def refuse(request: MemberRequest, role: Role) -> HttpResponse:
    """The page that says which role is needed and who can give it."""
    owners = User.objects.filter(
        memberships__program=request.membership.program, memberships__role=Role.OWNER, is_active=True
    ).order_by("full_name", "email")
    names = [owner.get_full_name() for owner in owners]
    context = {"role": Role(request.membership.role), "needed": role, "owners": names}
    return render(request, "accounts/role_needed.html", context, status=403)


def remember_program(request: MemberRequest) -> None:
    """Note which program was opened last, once per change of program: the home page leads there."""
    if (
        request.headers.get("HX-Request")
        or request.session.get(LAST_PROGRAM) == request.membership.program_id
    ):
        return
    request.session[LAST_PROGRAM] = request.membership.program_id
    Membership.objects.filter(pk=request.membership.pk).update(last_used_at=timezone.now())
    request.memberships.sort(key=lambda one: one is not request.membership)
