"""Settings > Program: everybody reads it, owners change it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.access import MemberRequest, member_required, refuse
from batchadmin.accounts.program_form import ProgramForm
from batchadmin.accounts.services import program_change
from batchadmin.accounts.states import Role


@require_http_methods(["GET", "POST"])
@member_required()
def program_settings(request: MemberRequest) -> HttpResponse:
    """Name, time zone and sender; POST changes them, and a value that can't be is shown in the form."""
    program = request.membership.program
    if request.method != "POST":
        return render(request, "accounts/program.html", {"form": ProgramForm(program=program)})
    if not request.membership.may_own:
        return refuse(request, Role.OWNER)
    form = ProgramForm(request.POST, program=program)
    if form.is_valid():
        try:
            program_change(program=program, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The program's settings are saved."))
            return redirect("program", program=program.slug)
    return render(request, "accounts/program.html", {"form": form}, status=422)
