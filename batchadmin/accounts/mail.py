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

from batchadmin.accounts.models import Membership, User

logger = logging.getLogger(__name__)


def password_link(user: User) -> str:
    """Where this user can choose a password: works once, for PASSWORD_RESET_TIMEOUT seconds."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return settings.BASE_URL + reverse("password-reset-confirm", kwargs={"uidb64": uid, "token": token})


def welcome_send(*, membership: Membership, by: User) -> bool:
    """Tell a new member, with a link to choose a password if they have none; False if the e-mail couldn't go out."""
    user = membership.user
    context = {
        "program": membership.program,
        "by": by,
        "role": membership.get_role_display(),
        "link": settings.BASE_URL + reverse("log-in"),
        "password_link": "" if user.has_usable_password() else password_link(user),
    }
    body = render_to_string("accounts/mail/welcome.txt", context)
    # A name could hold a line end only if somebody forged it, and then Django refuses the header.
    subject = _("You are a member of %(program)s now") % {"program": membership.program.name}
    try:
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email])
    except (SMTPException, OSError) as error:
        logger.warning("A welcome e-mail could not be sent: %s", type(error).__name__)
        return False
    return True
