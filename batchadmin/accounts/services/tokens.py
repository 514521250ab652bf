"""API tokens: making, finding and revoking them."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from batchadmin.accounts.models import ApiToken, Program, User
from batchadmin.accounts.services.audit import audit_record
from batchadmin.accounts.states import Role
from batchadmin.accounts.tokens import PREFIX_LENGTH, token_hash, token_text


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
