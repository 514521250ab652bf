"""Addresses of the log-in, of one's own page, and of a program's members."""

from django.urls import include, path
from django.views.decorators.http import require_http_methods

from batchadmin.accounts.throttling import tries_limited
from batchadmin.accounts.views import (
    audit,
    data,
    joining,
    mail,
    members,
    own,
    program,
    security,
    session,
    tokens,
)

# Django's views take a PUT for a POST, and answer what is logged in already before they look at the method.
form = require_http_methods(["GET", "POST"])

of_program = [
    path("settings/audit/", audit.audit, name="audit"),
    path("settings/audit/export/", audit.audit_export, name="audit-export"),
    path("settings/data/", data.data_settings, name="data"),
    path("settings/members/", members.members, name="members"),
    path("settings/members/add/", members.member_new, name="member-add"),
    path("settings/members/<int:pk>/role/", members.member_role, name="member-role"),
    path("settings/members/<int:pk>/remove/", members.member_leave, name="member-remove"),
    path("settings/members/invited/<int:pk>/", members.invitation_back, name="invitation-revoke"),
    path("settings/program/", program.program_settings, name="program"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke/", tokens.token_end, name="token-revoke"),
]

urlpatterns = [
    path("", own.home, name="home"),
    path("me/", own.me, name="me"),
    path("me/password/", form(session.PasswordChange.as_view()), name="password-change"),
    path("me/address/", security.address, name="address"),
    path("me/address/<str:token>/", security.address_confirm, name="address-confirm"),
    path("me/sessions/close/", security.sessions_close, name="sessions-close"),
    path("me/sessions/<int:pk>/close/", security.session_close, name="session-close"),
    path("mail/", mail.kept_mail, name="kept-mail"),
    path("join/<str:token>/", joining.invitation, name="invitation"),
    path("log-in/", form(tries_limited(session.LogIn.as_view())), name="log-in"),
    path("log-out/", session.LogOut.as_view(), name="log-out"),
    path("password-reset/", form(tries_limited(session.PasswordReset.as_view())), name="password-reset"),
    path("password-reset/sent/", session.PasswordResetSent.as_view(), name="password-reset-sent"),
    path(
        "password-reset/<uidb64>/<token>/",
        form(session.PasswordResetConfirm.as_view()),
        name="password-reset-confirm",
    ),
    path("p/<slug:program>/", include(of_program)),
]
