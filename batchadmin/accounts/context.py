"""What every template may ask for about the person who is looking."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from batchadmin.accounts.models import Membership
from batchadmin.lib.kept_mail import is_kept


def current_membership(request: HttpRequest) -> dict[str, object]:
    """`membership` and `program` of the address; `my_memberships` for the switch, read only if it is shown;
    `mail_is_kept` where no server takes the program's own mail."""
    membership: Membership | None = getattr(request, "membership", None)

    def mine() -> list[Membership]:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return []
        known: list[Membership] | None = getattr(request, "memberships", None)
        return list(Membership.objects.of_user(user)) if known is None else known

    return {
        "membership": membership,
        "program": membership.program if membership else None,
        "mail_is_kept": is_kept(),
        "my_memberships": SimpleLazyObject(mine),
    }
