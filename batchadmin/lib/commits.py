"""How long a commit takes."""

from __future__ import annotations

from django.db import connection


def commit_unflushed() -> None:
    """Let the transaction at hand be committed without waiting for the disk; to be called inside of it.

    For what nobody outside is told of, and what is simply done again should it be lost. Only a crash of the database or its
    machine can lose it, within less than a second; and never anything that was committed before it, nor this alone when
    something committed after it was kept, for the log is written in order. So the next commit that does wait keeps both.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
