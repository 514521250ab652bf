"""Inviting people to a program by e-mail. Whether the address has an account already is told to nobody but its owner."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.entry_models import Invitation
from batchadmin.accounts.models import Membership, Program, User
from batchadmin.accounts.services.audit import audit_record
from batchadmin.accounts.services.users import user_create
from batchadmin.accounts.states import Role
from batchadmin.accounts.tokens import invitation_text, token_hash


@transaction.atomic
def invitation_make(*, program: Program, email: str, role: Role, by: User) -> tuple[Invitation, str]:
    """A new invitation and the token for its link. An open one for the same address is taken back.

    Raises ValidationError for a malformed address, or a member's.
    """
    address = email.strip().lower()
    validate_email(address)
    Program.objects.select_for_update().get(pk=program.pk)  # two owners at once: one open invitation
    if Membership.objects.filter(program=program, user__email=address).exists():
        raise ValidationError({"email": _("This person is a member already.")})
    waiting = Invitation.objects.filter(program=program, email=address, accepted_at=None, revoked_at=None)
    waiting.update(revoked_at=timezone.now())
    text = invitation_text()
    made = Invitation.objects.create(
        program=program, email=address, role=role, token_hash=token_hash(text), invited_by=by
    )
    audit_record(program=program, actor=by, action="invitation.sent", subject=address, role=role)
    return made, text


@transaction.atomic
def invitation_revoke(*, invitation: Invitation, by: User) -> bool:
    """Make the link useless; False when it was used or taken back before."""
    open_one = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if not open_one.update(revoked_at=timezone.now()):
        return False
    audit_record(program=invitation.program, actor=by, action="invitation.revoked", subject=invitation.email)
    return True


def invitation_find(*, text: str) -> Invitation | None:
    """The open invitation that a link's token belongs to."""
    found = Invitation.objects.open().select_related("program", "invited_by")
    return found.filter(token_hash=token_hash(text)).first()


@transaction.atomic
def invitation_accept(*, invitation: Invitation, user: User) -> Membership:
    """Make the user a member. Raises ValidationError when the link has been used or taken back meanwhile.

    Who is a member already stays what they are; the link is used up all the same.
    """
    if invitation.email != user.email:
        raise ValidationError(_("This invitation is for another address."))
    if not Invitation.objects.open().filter(pk=invitation.pk).update(accepted_at=timezone.now()):
        raise ValidationError(_("This invitation has been used or taken back."))
    membership, is_new = Membership.objects.get_or_create(
        program=invitation.program, user=user, defaults={"role": invitation.role}
    )
    if is_new:
        audit_record(
            program=invitation.program,
            actor=user,
            action="invitation.accepted",
            subject=user.email,
            role=invitation.role,
        )
    return membership


@transaction.atomic
def invitation_join(*, invitation: Invitation, full_name: str, password: str) -> Membership:
    """Make an account for the invited address and accept; raises ValidationError as `invitation_accept` does.

    Somebody who was made a user meanwhile, without a password yet, gets this one: the link proves whose address it is.
    """
    user = User.objects.select_for_update().filter(email=invitation.email).first()
    if user is None:
        user = user_create(email=invitation.email, password=password, full_name=full_name)
    elif user.has_usable_password() or not user.is_active:
        raise ValidationError(
            _("There is an account for this address. Log in first, then open the link again.")
        )
    else:
        user.full_name = full_name or user.full_name
        user.set_password(password)
        user.save(update_fields=["full_name", "password"])
    return invitation_accept(invitation=invitation, user=user)
