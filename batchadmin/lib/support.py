"""What support does in the admin: asked first, done row by row, told in words, and noted in the admin's own history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST = 100  # rows at once: what is done to more of them is no support
CONFIRMED = "confirmed"


class NotDone(Exception):
    """It can't be done with this row; `str()` says why."""


class SupportActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page of the admin with actions for those who have the permission to change what it shows, though nobody edits it here."""

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff may use the actions."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))

    def carry_out(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        *,
        action: str,
        question: str,
        consequence: str,
        do: Callable[[Any], str],
    ) -> HttpResponse | None:
        """Ask for these rows; once that is answered, `do` it with each. `do` returns what to tell, and raises NotDone.

        None when it has been done: the admin then shows its list with what was told.
        """
        chosen = list(rows[: MOST + 1])
        if len(chosen) > MOST:
            words = _("Choose %(most)d at most: this is for single cases.") % {"most": MOST}
            self.message_user(request, words, messages.ERROR)
            return None
        if CONFIRMED not in request.POST:
            return self._ask(request, chosen, action, question, consequence)
        for row in chosen:
            try:
                told = do(row)
            except NotDone as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
                continue
            self.log_change(request, row, told)
            self.message_user(request, f"{row}: {told}")
        return None

    def _ask(
        self, request: HttpRequest, chosen: list[Any], action: str, question: str, consequence: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": question,
            "consequence": consequence,
            "count": ngettext("%(n)d is chosen:", "%(n)d are chosen:", len(chosen)) % {"n": len(chosen)},
            "rows": chosen,
            "action": action,
            "checkbox": ACTION_CHECKBOX_NAME,
            "confirmed": CONFIRMED,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/support_confirm.html", context)
