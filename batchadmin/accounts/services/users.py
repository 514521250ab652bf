"""Making users."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User


def user_create(
    *, email: str, password: str | None = None, full_name: str = "", is_staff: bool = False
) -> User:
    """A new user; without a password nobody can log in until one has been set by e-mail.

    Raises ValidationError for an address that is malformed or taken.
    """
    address = email.strip().lower()
    validate_email(address)
    if User.objects.filter(email=address).exists():
        raise ValidationError(_("There is a user with this e-mail address already."))
    return User.objects.create_user(address, password, full_name=full_name.strip(), is_staff=is_staff)
