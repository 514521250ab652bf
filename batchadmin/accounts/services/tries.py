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
    counted = salted_hmac("accounts.tries", name, algorithm="sha256").hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [counted, minute])
        return int(cursor.fetchone()[0])


def tries_forget(*, minute: int) -> int:
    """Delete what was counted before the minute; returns how much."""
    return Tries.objects.filter(minute__lt=minute).delete()[0]
