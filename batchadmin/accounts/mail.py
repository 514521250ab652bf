"""E-mails about accounts. Links begin with BASE_URL, never with what a request claims to be the host."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Invitation, User

logger = logging.getLogger(__name__)


def password_link(user: User) -> str:
    """Where this user can choose a password: works once, for PASSWORD_RESET_TIMEOUT seconds."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return settings.BASE_URL + reverse("password-reset-confirm", kwargs={"uidb64": uid, "token": token})


def reset_send(*, user: User) -> bool:
    """Send the link to choose a password; False if the e-mail couldn't go out."""
    subject = render_to_string("accounts/mail/password_reset_subject.txt").strip()
    return _send(subject, "accounts/mail/password_reset.txt", {"link": password_link(user)}, user.email)


def invitation_send(*, invitation: Invitation, text: str, by: User) -> bool:
    """Send the link with which the invitation is accepted; False if the e-mail couldn't go out."""
    context = {
        "program": invitation.program,
        "by": by,
        "role": invitation.get_role_display(),
        "link": settings.BASE_URL + reverse("invitation", kwargs={"token": text}),
    }
    subject = _("Join %(program)s in Batchadmin") % {"program": invitation.program.name}
    return _send(subject, "accounts/mail/invitation.txt", context, invitation.email)


def address_ask(*, user: User, email: str, token: str) -> bool:
    """Ask at a new address whether it is to be the user's log-in; one that has an account is told only that."""
    is_taken = User.objects.filter(email=email).exists()
    link = settings.BASE_URL + reverse("address-confirm", kwargs={"token": token})
    subject = _("Your e-mail address in Batchadmin")
    return _send(subject, "accounts/mail/address.txt", {"link": link, "is_taken": is_taken}, email)


def address_tell(*, before: str, after: str) -> bool:
    """Tell the former address that it isn't the log-in any more."""
    subject = _("Your e-mail address in Batchadmin has changed")
    return _send(subject, "accounts/mail/address_changed.txt", {"after": after}, before)


def _send(subject: str, template: str, context: dict[str, object], to: str) -> bool:
    # A name could hold a line end only if somebody forged it, and a header ends at one.
    one_line = " ".join(subject.split())
    try:
        send_mail(one_line, render_to_string(template, context), settings.DEFAULT_FROM_EMAIL, [to])
    except (SMTPException, OSError) as error:
        logger.warning("An e-mail about an account could not be sent: %s", type(error).__name__)
        return False
    return True
