"""Logging in and out, and passwords: Django's views with our words."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from batchadmin.accounts.forms import ForgottenPasswordForm, LogInForm
from batchadmin.accounts.models import User


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
    email_template_name = "accounts/mail/password_reset.txt"
    subject_template_name = "accounts/mail/password_reset_subject.txt"
    success_url = reverse_lazy("password-reset-sent")
    extra_email_context: dict[str, Any] = {"base_url": settings.BASE_URL}


class PasswordResetSent(auth.PasswordResetDoneView):
    """Says where to look."""

    template_name = "accounts/password_reset_sent.html"


class PasswordResetConfirm(auth.PasswordResetConfirmView):
    """The page behind the link: a new password, twice."""

    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("log-in")

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        """Save the password and say so on the log-in page."""
        messages.success(self.request, _("Your password is set. Log in with it."))
        return super().form_valid(form)


class PasswordChange(auth.PasswordChangeView):
    """A new password for somebody who knows the old one; other sessions of theirs end."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("me")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Save the password and say so."""
        messages.success(self.request, _("Your password is changed."))
        return super().form_valid(form)
