"""The hooks of a trigger: an owner's business, for they carry data out of the program."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.htmx import render_confirm
from batchadmin.lib.templatetags.ui import amount
from messaging.models import ActionHook
from messaging.states import HookCallState
from messaging.triggers.forms import HookForm
from messaging.triggers.services import hook_add, hook_remove

from .triggers import trigger_find, trigger_render


@require_POST
@member_required(Role.OWNER)
def hook_new(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Add a hook to a trigger."""
    trigger = trigger_find(request, pk)
    form = HookForm(request.POST)
    if form.is_valid():
        try:
            hook_add(trigger=trigger, by=request.user, **form.cleaned_data)
            messages.success(request, _("The hook is added. It is called from the next launch on."))
            return redirect("trigger", program=request.membership.program.slug, pk=pk)
        except ValidationError as error:
            form.add_error("url", error.message_dict.get("url", error.messages))
    return trigger_render(request, trigger, form, status=422)


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def hook_delete(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Ask, then call a hook no more."""
    visible = ActionHook.objects.visible_to(request.membership).select_related("trigger__program")
    hook = get_object_or_404(visible, pk=pk)
    if request.method == "POST":
        hook_remove(hook=hook, by=request.user)
        messages.success(request, _("The hook is removed. Calls that still waited are given up."))
        return redirect("trigger", program=request.membership.program.slug, pk=hook.trigger_id)
    waiting = hook.calls.filter(state=HookCallState.WAITING).count()
    consequence = ngettext(
        "%(n)s call still waits and is given up.", "%(n)s calls still wait and are given up.", waiting
    )
    left = consequence % {"n": amount(waiting)} if waiting else _("Nothing waits for it.")
    context = {
        "title": _("Remove {url}?").format(url=hook.url),
        "consequence": " ".join([_("It is called no more."), left]),
        "confirm_label": _("Remove it"),
        "cancel_label": _("Keep it"),
        "cancel_url": reverse(
            "trigger", kwargs={"program": request.membership.program.slug, "pk": hook.trigger_id}
        ),
        "danger": True,
    }
    return render_confirm(request, context)
