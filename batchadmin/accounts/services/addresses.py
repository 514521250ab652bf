"""Another e-mail address for an account: asked for with the password, confirmed at the new address, told to the old."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import User
from batchadmin.accounts.services.sessions import sessions_end

SALT = "batchadmin.accounts.address"
GOOD_FOR = 3 * 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Change:
    """Whose address becomes which."""

    user: User
    before: str
    after: str


def address_token(*, user: User, email: str) -> str:
    """What a link carries that makes `email` this user's address. It's used up as soon as the address has changed."""
    return signing.dumps([user.pk, user.email, email.strip().lower(), user.password[-12:]], salt=SALT)


def address_change_read(*, token: str) -> Change | None:
    """What the link would do; None for one that was forged, is too old, or is used up."""
    try:
        pk, before, after, password = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError):
        return None
    user = User.objects.filter(pk=pk, email=before, is_active=True).first()
    if user is None or user.password[-12:] != password:
        return None
    return Change(user, before, after)


def address_change(*, change: Change) -> User:
    """Make it so, and log out everywhere: the log-in is another now. Raises ValidationError if the address is taken."""
    try:
        with transaction.atomic():
            changed = User.objects.filter(pk=change.user.pk, email=change.before).update(email=change.after)
            sessions_end(user=change.user)
    except IntegrityError:
        changed = 0
    if not changed:
        raise ValidationError(_("This address can't be used. Ask for another one."))
    change.user.refresh_from_db()
    return change.user
