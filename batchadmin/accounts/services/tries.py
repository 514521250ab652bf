"""How often forms were sent in the current minute, for all processes together."""

from __future__ import annotations

from django.db import connection
from django.utils.crypto import salted_hmac

from batchadmin.accounts.entry_models import Tries

_COUNT = """
INSERT INTO accounts_tries AS t (counted, minute, count) VALUES (%s, %s, 1)
ON CONFLICT (counted) DO UPDATE
SET count = CASE WHEN t.minute = excluded.minute THEN t.count + 1 ELSE 1 END, minute = excluded.minute
RETURNING count
"""


def tries_note(*, name: str, minute: int) -> int:
    """Count one more of `name`, of which a keyed hash is kept; returns how many that makes in this minute."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [_hashed(name), minute])
        return int(cursor.fetchone()[0])


def tries_of_account_forget(*, email: str) -> int:
    """Forget how often the account was tried in this minute; returns 1 if it was."""
    return Tries.objects.filter(counted=_hashed(account_name(email))).delete()[0]


def account_name(typed: str) -> str:
    """Under what name tries for an account are counted, however its address is spelled."""
    return f"of:{typed.strip().lower()[:254]}"


def _hashed(name: str) -> str:
    return salted_hmac("accounts.tries", name, algorithm="sha256").hexdigest()


def tries_forget(*, minute: int) -> int:
    """Delete what was counted before the minute; returns how much."""
    return Tries.objects.filter(minute__lt=minute).delete()[0]
