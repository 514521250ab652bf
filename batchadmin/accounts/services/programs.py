"""Making programs, and changing what is set for all of one."""

import secrets
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from batchadmin.accounts.fields import check_one_line
from batchadmin.accounts.models import Membership, Program, User
from batchadmin.accounts.services.audit import audit_record
from batchadmin.accounts.services.users import user_create
from batchadmin.accounts.states import Role

SLUG_LENGTH = 60
SLUG_TRIES = 5


@dataclass(frozen=True)
class Created:
    """What `program_create` has made. `password` is None when the owner had an account already."""

    program: Program
    user: User
    password: str | None


@transaction.atomic
def program_create(
    *,
    name: str,
    owner_email: str,
    time_zone: str = "UTC",
    slug: str = "",
    sender_name: str = "",
    sender_address: str = "",
    owner_name: str = "",
    password: str | None = None,
) -> Created:
    """A new program and its first owner, who is made with a random password unless the account exists.

    `slug` names the program in addresses; when it's empty it's made from the name, and made unique.
    `password` is given to a new owner in place of a random one. Raises ValidationError for an empty name,
    a slug that is taken or malformed, a bad address or an unknown time zone.
    """
    program = Program(
        name=name.strip(),
        slug=slug or slug_free(name),
        sender_name=sender_name or name.strip(),
        sender_address=sender_address,
        time_zone=time_zone,
    )
    if not program.name:
        raise ValidationError(_("A program needs a name."))
    names_check(program)
    program.full_clean()
    validate_email(owner_email.strip())
    program_save(program, slug_is_given=bool(slug))
    user = User.objects.filter(email=owner_email.strip()).first()
    given = None
    if user is None:
        given = password or secrets.token_urlsafe(12)
        user = user_create(email=owner_email, password=given, full_name=owner_name)
    Membership.objects.create(program=program, user=user, role=Role.OWNER)
    audit_record(program=program, actor=user, action="program.created", subject=program.name)
    return Created(program=program, user=user, password=given)


@transaction.atomic
def program_change(
    *, program: Program, name: str, time_zone: str, sender_name: str, sender_address: str, by: User
) -> Program:
    """The program with another name, time zone or sender; what was before stands in the audit trail.

    Without `sender_name` e-mails come from the program's name. Bulk messages that were requested before keep their sender.
    Raises ValidationError for an empty name, a name of several lines, a bad address or an unknown time zone.
    """
    current = Program.objects.select_for_update().get(pk=program.pk)
    wanted = {
        "name": name.strip(),
        "time_zone": time_zone,
        "sender_name": sender_name.strip() or name.strip(),
        "sender_address": sender_address.strip(),
    }
    before = {field: getattr(current, field) for field in wanted}
    changed = [field for field, value in wanted.items() if value != before[field]]
    for field, value in wanted.items():
        setattr(current, field, value)
    names_check(current)
    current.full_clean()
    if changed:
        current.save(update_fields=changed)
        detail = {
            field.replace("_", " "): f"{before[field] or '–'} → {wanted[field] or '–'}" for field in changed
        }
        audit_record(program=current, actor=by, action="program.changed", subject=before["name"], **detail)
    return current


def names_check(program: Program) -> None:
    """Raise ValidationError for a name of several lines: it would break the header of an e-mail."""
    for field in ("name", "sender_name"):
        try:
            check_one_line(getattr(program, field))
        except ValidationError as error:
            raise ValidationError({field: error.messages}) from error


def program_save(program: Program, *, slug_is_given: bool) -> None:
    """Save a new program; a slug that has been taken meanwhile is replaced, unless a person chose it."""
    for _attempt in range(SLUG_TRIES):
        try:
            with transaction.atomic():
                program.save(force_insert=True)
            return
        except IntegrityError:
            if slug_is_given:
                break
            program.slug = slug_free(program.name)
    raise ValidationError({"slug": _("Another program has this short name already.")})


def slug_free(name: str) -> str:
    """A slug made from `name` that no program has yet: glow, glow-2, glow-3 …"""
    stem = slugify(name)[: SLUG_LENGTH - 8] or "program"
    taken = set(Program.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(f"{stem}-{number}" for number in range(2, len(taken) + 3) if f"{stem}-{number}" not in taken)
