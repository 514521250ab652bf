"""The program's own mail, as long as no server takes it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from batchadmin.accounts.models import User
from batchadmin.lib.kept_mail import is_kept, mail_files, mail_read

AT_ONCE = 25  # files, most of which hold one e-mail


@require_GET
@login_required
@never_cache
def kept_mail(request: HttpRequest) -> HttpResponse:
    """What would have been sent, the newest first. Links in it open accounts, so superusers alone may read it."""
    if not (isinstance(request.user, User) and request.user.is_superuser):
        raise PermissionDenied
    page = Paginator(mail_files() if is_kept() else [], AT_ONCE).get_page(request.GET.get("page"))
    context = {"page": page, "mails": mail_read(list(page.object_list)), "is_kept": is_kept()}
    return render(request, "accounts/kept_mail.html", context)
