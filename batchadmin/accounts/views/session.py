"""Logging in and out, and passwords: Django's views with our words."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from batchadmin.accounts.forms import ForgottenPasswordForm, LogInForm
from batchadmin.accounts.models import User
from batchadmin.accounts.services import sessions_end
from batchadmin.accounts.services.sessions import session_note


class LogIn(auth.LoginView):
    """E-mail address and password; whoever is logged in already is led on."""

    template_name = "accounts/log_in.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True


class LogOut(auth.LogoutView):
    """By POST only, so that no picture on another site can do it."""

    http_method_names = ["post", "options"]


class PasswordReset(auth.PasswordResetView):
    """Asks for an address and sends a link there, saying the same whether or not it has an account."""

    template_name = "accounts/password_reset.html"
    form_class = ForgottenPasswordForm
    success_url = reverse_lazy("password-reset-sent")


class PasswordResetSent(auth.PasswordResetDoneView):
    """Says where to look."""

    template_name = "accounts/password_reset_sent.html"


class PasswordResetConfirm(auth.PasswordResetConfirmView):
    """The page behind the link: a new password, twice."""

    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("log-in")

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        """Save the password, log out wherever they were logged in, and say so on the log-in page."""
        answer = super().form_valid(form)
        sessions_end(user=form.user)
        messages.success(self.request, _("Your password is set. Log in with it."))
        return answer


class PasswordChange(auth.PasswordChangeView):
    """A new password for somebody who knows the old one; other sessions of theirs end."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("me")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Save the password, log out everywhere else, and say so."""
        answer = super().form_valid(form)  # which gives this session another key
        sessions_end(user=form.user)
        session_note(request=self.request, user=form.user)
        messages.success(self.request, _("Your password is changed, and you are logged out everywhere else."))
        return answer
