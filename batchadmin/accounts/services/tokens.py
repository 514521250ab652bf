"""API tokens: making, finding and revoking them."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import ApiToken, Membership, Program, User
from batchadmin.accounts.services.audit import audit_record
from batchadmin.accounts.states import Role
from batchadmin.accounts.tokens import PREFIX_LENGTH, token_hash, token_text

USED_EVERY = timedelta(minutes=1)


@transaction.atomic
def token_create(*, program: Program, role: Role, name: str, by: User | None) -> tuple[ApiToken, str]:
    """A new token and its text, which can't be had again. `by` is None when a command does it."""
    plaintext = token_text()
    token = ApiToken(
        program=program,
        role=role,
        name=name.strip(),
        created_by=by,
        token_hash=token_hash(plaintext),
        prefix=plaintext[:PREFIX_LENGTH],
    )
    if not token.name:
        raise ValidationError(_("A token needs a name."))
    token.full_clean()
    token.save()
    audit_record(program=program, actor=by, action="token.created", subject=token.name, role=role)
    return token, plaintext


def token_find(*, plaintext: str) -> ApiToken | None:
    """The token that this text belongs to, with its program; None if there is none or it was revoked."""
    return (
        ApiToken.objects.usable()
        .select_related("program", "created_by")
        .filter(token_hash=token_hash(plaintext))
        .first()
    )


@transaction.atomic
def token_revoke(*, token: ApiToken, by: User | None) -> None:
    """Make the token useless from now on; revoking it again changes nothing."""
    changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        audit_record(program=token.program, actor=by, action="token.revoked", subject=token.name)


def token_used(*, token: ApiToken) -> None:
    """Note that the token was used now, at most once a minute: busy systems call many times a second."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def token_person(*, token: ApiToken) -> User:
    """Who stands behind what a token does: who made it, or the program's first owner when they have left.

    Raises ValidationError when the program has nobody any more.
    """
    members = Membership.objects.filter(program=token.program_id, user__is_active=True).select_related("user")
    maker = members.filter(user=token.created_by_id).first() if token.created_by_id else None
    member = maker or members.filter(role=Role.OWNER).order_by("pk").first()
    if member is None:
        raise ValidationError(_("The program has no owner any more who could stand behind this."))
    return member.user
