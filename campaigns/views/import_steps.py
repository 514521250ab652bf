"""The steps before an import: the file, its columns, the check of its rows, the start."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.csvfiles import FileProblem
from batchadmin.lib.htmx import render_live
from campaigns.forms import ColumnsForm, UploadForm
from campaigns.import_tables import import_tallies
from campaigns.models import Import
from campaigns.services import (
    import_check_cancel,
    import_check_request,
    import_prepare,
    import_start_request,
    import_upload,
)
from campaigns.states import ImportState


def import_find(request: MemberRequest, pk: int) -> Import:
    """An import of the program in the address; 404 for any other."""
    imports_seen = Import.objects.visible_to(request.membership).select_related("program", "requester")
    return get_object_or_404(imports_seen, pk=pk)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def import_new(request: MemberRequest) -> HttpResponse:
    """Step 1: the file."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        program = request.membership.program
        try:
            made = import_upload(
                program=program, by=request.user, file=cast(BinaryIO, upload.file), name=upload.name
            )
        except FileProblem as error:
            form.add_error("file", str(error))
        else:
            return redirect("import", program=program.slug, pk=made.pk)
    return render(request, "campaigns/import_new.html", {"form": form}, status=422 if form.errors else 200)


def columns_page(request: MemberRequest, found: Import) -> HttpResponse:
    """Step 2: what the columns are. POST has a worker check the rows by that."""
    form = ColumnsForm(request.POST if request.method == "POST" else None, imported=found)
    if request.method == "POST" and form.is_valid():
        try:
            import_prepare(
                imported=found,
                columns=form.columns(),
                operation=form.cleaned_data["operation"],
                identifier=form.cleaned_data["identifier"] or None,
            )
            import_check_request(imported=found)
        except ValueError as error:  # MappingProblem, ImportProblem: each in plain words
            form.add_error(None, str(error))
        else:
            return redirect("import-check", program=request.membership.program.slug, pk=found.pk)
    context = {"imported": found, "form": form, "step": 2}
    return render(request, "campaigns/import_columns.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
def import_checked(request: MemberRequest, pk: int) -> HttpResponse:
    """Step 3: how far the check is, then what would happen. POST is step 4: the start."""
    found = import_find(request, pk)
    page = redirect("import", program=request.membership.program.slug, pk=pk)
    if request.method == "POST":
        try:
            import_start_request(imported=found, by=request.user)
        except ValueError as error:
            messages.error(request, str(error))
        return page
    if found.state not in (ImportState.DRAFT, ImportState.CHECKING):
        return page
    if found.state == ImportState.DRAFT and not (found.check_result or found.problem):
        return page
    is_checking = found.state == ImportState.CHECKING
    version = f"{found.state}-{found.rows_seen}-{found.worker is None}"
    context = _check_context(found, is_checking=is_checking)
    return render_live(
        request, "campaigns/import_check.html", context, version=version, ended=not is_checking
    )


def _check_context(found: Import, *, is_checking: bool) -> dict[str, object]:
    result = found.check_result
    return {
        "imported": found,
        "live": is_checking,
        "result": result,
        "tallies": import_tallies(result) if result else [],
        "good": result["rows"] - result["rejected"] if result else 0,
        "errors": result.get("errors", []),
        "step": 3,
    }


@require_POST
@member_required(Role.MANAGER)
def import_check_stop(request: MemberRequest, pk: int) -> HttpResponse:
    """Let the check be, and go back to the columns."""
    import_check_cancel(imported=import_find(request, pk))
    return redirect("import", program=request.membership.program.slug, pk=pk)
