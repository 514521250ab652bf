"""The hooks of a trigger: an owner's business, for they carry data out of the program."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from messaging.models import ActionHook
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


@require_POST
@member_required(Role.OWNER)
def hook_delete(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Call a hook no more."""
    visible = ActionHook.objects.visible_to(request.membership).select_related("trigger__program")
    hook = get_object_or_404(visible, pk=pk)
    hook_remove(hook=hook, by=request.user)
    messages.success(request, _("The hook is removed. Calls that still waited are given up."))
    return redirect("trigger", program=request.membership.program.slug, pk=hook.trigger_id)
