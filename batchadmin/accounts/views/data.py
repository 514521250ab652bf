"""Settings > Data: for how long a program keeps what is about people."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.retention_form import RetentionForm
from batchadmin.accounts.services import retention_change, retention_of
from batchadmin.accounts.states import Role


@require_http_methods(["GET", "POST"])
@member_required(Role.OWNER)
def data_settings(request: MemberRequest) -> HttpResponse:
    """The days after which texts, details and audit entries are removed; empty fields keep them."""
    program = request.membership.program
    form = RetentionForm(request.POST if request.method == "POST" else None, instance=retention_of(program))
    if request.method == "POST" and form.is_valid():
        retention_change(program=program, by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved. What is older is removed within minutes."))
        return redirect("data", program=program.slug)
    status = 422 if form.errors else 200
    return render(request, "accounts/data.html", {"form": form}, status=status)
