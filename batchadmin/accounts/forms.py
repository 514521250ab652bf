"""The forms of logging in, of one's own settings, and of a program's members."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordMixin
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.fields import LowercaseEmailFormField
from batchadmin.accounts.jobs import reset_soon
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Leave the rest to a worker: whether there is an account must not show in how long the answer takes."""
        reset_soon(self.cleaned_data["email"].strip().lower())


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


class AddressForm(forms.Form):
    """Another e-mail address to log in with; the password proves who asks."""

    email = LowercaseEmailFormField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Raise ValidationError for a wrong one."""
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("This isn't your password."))
        return str(self.cleaned_data["password"])


class JoinForm(SetPasswordMixin, forms.Form):  # type: ignore[type-arg]
    """Name and password of somebody who accepts an invitation and has no account yet."""

    full_name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password1, password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any] | None:
        """Both passwords alike, and good enough for this person."""
        self.validate_passwords()
        person = User(email=self.email, full_name=self.cleaned_data.get("full_name", ""))
        self.validate_password_for_user(person, password_field_name="password2")  # noqa: S106 - a name
        return super().clean()


class MemberAddForm(forms.Form):
    """A person to be invited, by e-mail address."""

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
