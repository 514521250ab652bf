"""Who belongs to a program, and with which role."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Membership, Program, User
from batchadmin.accounts.services.audit import audit_record
from batchadmin.accounts.services.users import user_create
from batchadmin.accounts.states import Role


@transaction.atomic
def member_add(
    *, program: Program, email: str, role: Role, by: User | None, full_name: str = ""
) -> Membership:
    """Make the person with this address a member; an account is made for them if there is none.

    A new account has no password: its owner sets one by e-mail. Raises ValidationError for a malformed
    address or one that is a member already. `by` is None when a command does it.
    """
    user = User.objects.filter(email=email.strip()).first()
    if user is None:
        user = user_create(email=email, full_name=full_name)
    membership, is_new = Membership.objects.get_or_create(program=program, user=user, defaults={"role": role})
    if not is_new:
        raise ValidationError({"email": _("This person is a member already.")})
    audit_record(program=program, actor=by, action="member.added", subject=user.email, role=role)
    return membership


@transaction.atomic
def member_role_change(*, membership: Membership, role: Role, by: User | None) -> Membership:
    """Give the member another role; raises ValidationError if the program would be left without an owner."""
    locked = membership_locked(membership)
    before = locked.role
    if before == role:
        return locked
    if role != Role.OWNER:
        check_other_owner(locked)
    locked.role = role
    locked.save(update_fields=["role"])
    audit_record(
        program=locked.program,
        actor=by,
        action="member.role_changed",
        subject=locked.user.email,
        before=before,
        after=role,
    )
    return locked


@transaction.atomic
def member_remove(*, membership: Membership, by: User | None) -> None:
    """End the membership; raises ValidationError when that would leave the program without an owner."""
    locked = membership_locked(membership)
    check_other_owner(locked)
    audit_record(
        program=locked.program,
        actor=by,
        action="member.removed",
        subject=locked.user.email,
        role=locked.role,
    )
    locked.delete()


def membership_locked(membership: Membership) -> Membership:
    """The membership as it is now. Its program is locked, so that two owners can't remove each other at once.

    Raises ValidationError when the member was removed meanwhile.
    """
    Program.objects.select_for_update().get(pk=membership.program_id)
    found = Membership.objects.select_related("user", "program").filter(pk=membership.pk).first()
    if found is None:
        raise ValidationError(_("This person isn't a member any more."))
    return found


def check_other_owner(membership: Membership) -> None:
    """Raise ValidationError if the member is the program's only owner."""
    owners = Membership.objects.filter(program=membership.program_id, role=Role.OWNER, user__is_active=True)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise ValidationError(
            _("%(person)s is the only owner. Make somebody else an owner first."),
            params={"person": membership.user.get_full_name()},
        )
