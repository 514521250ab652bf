"""manage.py rotate_secrets: encrypt every stored secret with the newest SECRET_KEY, so that former ones can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg import sql

from batchadmin.lib.crypto import DecryptionError, EncryptedJSONField, encrypt_again


class Command(BaseCommand):
    """Reads and writes the columns as they are stored, a row at a time: pages and workers go on meanwhile."""

    help = "Encrypt stored secrets with the newest SECRET_KEY. SECRET_KEY_FALLBACKS names the former ones."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do all that can be done; those that no key opens are counted, and end it with a failure."""
        done, lost = 0, 0
        for table, key, column in places():
            for pk in keys_of(table, key, column):
                if rotate(table, key, column, pk):
                    done += 1
                else:
                    lost += 1
                    self.stderr.write(f"{table} {pk}: no key opens it; enter it again.")
        self.stdout.write(f"{done} secrets are encrypted with the newest key.")
        if lost:
            raise CommandError(f"{lost} could not be opened with any key that is named.")


def places() -> Iterator[tuple[str, str, str]]:
    """Table, primary key and column of every secret."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedJSONField):
                yield model._meta.db_table, str(model._meta.pk.column), str(field.column)


def keys_of(table: str, key: str, column: str) -> list[Any]:
    """The rows that have a secret."""
    asked = sql.SQL("SELECT {key} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1")
    with connection.cursor() as cursor:
        cursor.execute(asked.format(**names(table, key, column)))
        return [row[0] for row in cursor.fetchall()]


def rotate(table: str, key: str, column: str, pk: Any) -> bool:
    """Encrypt one secret again; False when no key opens it. The row is locked, so nothing that is saved now is lost."""
    read = sql.SQL("SELECT {column} FROM {table} WHERE {key} = %s FOR UPDATE")
    write = sql.SQL("UPDATE {table} SET {column} = %s WHERE {key} = %s")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(read.format(**names(table, key, column)), [pk])
        found = cursor.fetchone()
        if found is None or found[0] is None:
            return True
        try:
            again = encrypt_again(found[0])
        except DecryptionError:
            return False
        cursor.execute(write.format(**names(table, key, column)), [again, pk])
    return True


def names(table: str, key: str, column: str) -> dict[str, sql.Identifier]:
    """Quoted for a statement."""
    return {"table": sql.Identifier(table), "key": sql.Identifier(key), "column": sql.Identifier(column)}
