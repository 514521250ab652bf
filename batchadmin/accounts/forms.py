"""The forms of logging in, of one's own settings, and of a program's members."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.fields import LowercaseEmailFormField
from batchadmin.accounts.models import User
from batchadmin.accounts.states import NotifyWhen, Role


class LogInForm(AuthenticationForm):
    """E-mail address and password. One answer for every failure, so that nobody learns who has an account."""

    error_messages = {
        "invalid_login": _("This e-mail address and password don't go together."),
        "inactive": _("This e-mail address and password don't go together."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = LowercaseEmailFormField(
            label=_("E-mail address"),
            widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        )


class ForgottenPasswordForm(PasswordResetForm):
    """Asks for the address to send the link to. People who were invited have no password yet; they may ask too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")

    def get_users(self, email: str) -> Iterable[User]:
        """The active user with this address, if there is one."""
        return User.objects.filter(email=email, is_active=True)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a user may change about themselves."""

    notify_when = forms.ChoiceField(
        label=_("E-mail me"),
        choices=NotifyWhen.choices,
        widget=forms.RadioSelect,
        help_text=_("The notice in the app is always there."),
    )

    class Meta:
        model = User
        fields = ["full_name", "notify_when"]
        labels = {"full_name": _("Your name")}
        widgets = {"full_name": forms.TextInput(attrs={"autocomplete": "name"})}


class MemberAddForm(forms.Form):
    """A person to be made a member, by e-mail address."""

    email = LowercaseEmailFormField(label=_("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.MANAGER)


class MemberRoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class TokenForm(forms.Form):
    """A new API token: what it is for, and what it may do."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("The system that is going to use it, such as Webshop")
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.MANAGER)
