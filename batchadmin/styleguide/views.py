"""The page with all components, and a question as a dialog or a page. For staff; while DEBUG is on, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from batchadmin.accounts.models import Membership, User
from batchadmin.lib.htmx import render_confirm, render_live

from .pieces import Example, SampleForm
from .samples import samples

COMPONENTS = Path(settings.BASE_DIR) / "templates" / "components"
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Section:
    """A component: the name of its file, what the file says of itself, and each of its states as HTML."""

    name: str
    about: str
    examples: list[tuple[str, str]]


def builders_only(
    view: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let in staff, and everybody while DEBUG is on; others are led to the log-in or refused."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, User):
            if not (request.user.is_staff or settings.DEBUG):
                raise PermissionDenied
            # Of the navigation and the top bar the page's own are the examples, so it stands in a program if it can.
            mine = Membership.objects.of_user(request.user).first()
            if mine is not None:
                request.membership = mine  # type: ignore[attr-defined]
        elif not settings.DEBUG:
            return redirect_to_login(request.get_full_path())
        return view(request)

    return guarded


@require_GET
@builders_only
def styleguide(request: HttpRequest) -> HttpResponseBase:
    """All components; `?theme=dark` or `light` against the system's choice, `?toasts=yes` with toasts."""
    now = timezone.now()
    if request.GET.get("toasts") == "yes":
        messages.success(request, _("41 chats are sent again."))
        messages.warning(request, _("The e-mail couldn't be sent. Tell them."))
        messages.error(request, _("Nobody is selected. Tick somebody first."))
    theme = request.GET.get("theme", "")
    context = {
        "sections": [section_of(request, name, found) for name, found in sorted(samples(now).items())],
        "theme": theme if theme in THEMES else "",
        "themes": THEMES,
        "moving": now.second,
        "live_url": request.get_full_path(),
        "live_seconds": 2,
        "say": _("Half a minute") if now.second >= 30 else "",
    }
    template = "styleguide/styleguide.html"
    return render_live(request, template, context, version=str(now.second), ended=False)


def section_of(request: HttpRequest, name: str, found: list[Example]) -> Section:
    """The component's examples as HTML."""
    first = (COMPONENTS / f"{name}.html").read_text().split("{#", 1)
    about = first[1].split("#}", 1)[0].strip() if len(first) > 1 else ""
    template = f"components/{name}.html"
    html: list[tuple[str, str]] = [
        (one.state, render_to_string(template, one.context, request)) for one in found
    ]
    return Section(name, about, html)


@require_GET
@builders_only
def question(request: HttpRequest) -> HttpResponseBase:
    """A question with everything that it can have; its buttons lead back."""
    back = reverse("styleguide")
    context = {
        "title": _("Restart “May news” for 41?"),
        "consequence": _("41 failed, 0 not sent. The 9,800 who have it are left out."),
        "details": [_("24 will likely fail again."), _("Today's addresses are used.")],
        "form": SampleForm(),
        "confirm_label": _("Restart for 41"),
        "cancel_url": back,
        "action": back,
        "more_url": back,
        "more_label": _("Edit message"),
        "danger": request.GET.get("danger") == "yes",
    }
    response: HttpResponse = render_confirm(request, context)
    return response
