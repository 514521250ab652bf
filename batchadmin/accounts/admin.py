"""The admin of accounts, for staff: tokens and the audit trail are for reading only."""

from typing import cast

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from batchadmin.accounts.models import (
    ApiToken,
    AuditEntry,
    IdempotentRequest,
    Invitation,
    Membership,
    Program,
    Retention,
    Tries,
    User,
    UserSession,
)
from batchadmin.accounts.services.support import log_in_unlock, sessions_end_by_support
from batchadmin.lib.admin_lists import BoundedPaginator, RecentValues
from batchadmin.lib.support import NotDone, SupportActions


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """E-mail address and password of a new user."""

    class Meta:
        model = User
        fields = ("email",)


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that staff may look at and nothing else."""

    paginator = BoundedPaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes one here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes one here."""
        return False


@admin.register(User)
class BatchadminUserAdmin(SupportActions, UserAdmin):  # type: ignore[type-arg]
    """Users, by e-mail address."""

    paginator = BoundedPaginator
    actions = ("unlock", "log_out")
    ordering = ("email",)
    list_display = ("email", "full_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "full_name")
    show_full_result_count = False
    add_form = NewUserForm
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("full_name", "notify_when")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    @admin.action(description=_("Unlock the log-in after too many tries"), permissions=["operate"])
    def unlock(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """Forget the failed tries for these accounts, wherever they came from."""

        def do(user: User) -> str:
            if not log_in_unlock(user=user, by=cast(User, request.user)):
                raise NotDone(now("Nobody has been shut out of this account."))
            return now("The log-in is open again.")

        words = now("Failed tries are forgotten. Ask first whether it was they who tried.")
        question = now("Unlock the log-in of these people?")
        return self.carry_out(request, users, action="unlock", question=question, consequence=words, do=do)

    @admin.action(description=_("End all their sessions"), permissions=["operate"])
    def log_out(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """Log these people out everywhere."""

        def do(user: User) -> str:
            ended = sessions_end_by_support(user=user, by=cast(User, request.user))
            if not ended:
                raise NotDone(now("They are logged in nowhere."))
            words = ngettext("%(n)d session has been ended.", "%(n)d sessions have been ended.", ended)
            return words % {"n": ended}

        words = now("They have to log in again in every browser. Their password stays; API tokens go on.")
        question = now("Log these people out everywhere?")
        return self.carry_out(request, users, action="log_out", question=question, consequence=words, do=do)


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Programs."""

    paginator = BoundedPaginator
    list_display = ("name", "slug", "sender_address", "time_zone", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    show_full_result_count = False
    readonly_fields = ("created_at",)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who is in which program."""

    paginator = BoundedPaginator
    list_display = ("user", "program", "role", "last_used_at")
    list_filter = ("role",)
    list_select_related = ("user", "program")
    search_fields = ("user__email", "program__name", "program__slug")
    autocomplete_fields = ("user", "program")
    readonly_fields = ("last_used_at",)
    show_full_result_count = False


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """API tokens; what is stored of them can't be used to log in."""

    list_display = (
        "name",
        "prefix",
        "program",
        "role",
        "created_by",
        "created_at",
        "last_used_at",
        "revoked_at",
    )
    list_select_related = ("program", "created_by")
    search_fields = ("name", "prefix", "program__slug")
    exclude = ("token_hash",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    """The audit trail, newest first."""

    list_display = ("at", "program", "actor_name", "action", "subject")
    list_select_related = ("program",)
    list_filter = (("action", RecentValues),)
    search_fields = ("actor_name", "action", "subject", "program__slug")
    ordering = ("-pk",)


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnly):
    """Requests that other systems may repeat, and what they were answered."""

    list_display = ("scope", "key", "program", "status", "created_at", "expires_at")
    list_select_related = ("program",)
    search_fields = ("key", "scope", "program__slug")
    ordering = ("-pk",)


@admin.register(UserSession)
class UserSessionAdmin(ReadOnly):
    """Where people are logged in."""

    list_display = ("user", "device", "address", "began_at", "seen_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    exclude = ("session_key",)
    ordering = ("-pk",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Deleting a row here would only hide a session that goes on."""
        return False


@admin.register(Tries)
class TriesAdmin(ReadOnly):
    """How many forms were sent in a minute, by hashes of whence and of whose account."""

    list_display = ("counted", "minute", "count")
    ordering = ("-count",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    """Who was invited where."""

    list_display = ("email", "program", "role", "invited_by", "created_at", "accepted_at", "revoked_at")
    list_select_related = ("program", "invited_by")
    search_fields = ("email", "program__slug")
    exclude = ("token_hash",)
    ordering = ("-pk",)


@admin.register(Retention)
class RetentionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """After how many days a program's texts, details and audit entries go."""

    autocomplete_fields = ("program",)
    list_select_related = ("program",)
    paginator = BoundedPaginator
    show_full_result_count = False


for _model in (AccessAttempt, AccessFailureLog, AccessLog):
    # django-axes registers these itself, with lists that count the whole table.
    if admin.site.is_registered(_model):
        _page = type(admin.site.get_model_admin(_model))
        _page.paginator, _page.show_full_result_count = BoundedPaginator, False
        # Their filter by address would read the whole table, and every try to log in has the same one.
        _page.list_filter = [one for one in _page.list_filter or () if one != "path_info"]
