"""Many rows given to one statement, a column at a time, as bytes and beside the statement instead of within its text.

Django writes parameters into the statement, where each text is quoted here and read letter by letter there. For a few values that
is nothing; for thousands of texts it took half of the time of writing them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import Cursor

# By name: PostgreSQL's type, and a value for each row.
Columns = Mapping[str, tuple[str, Sequence[Any]]]


def execute_with(statement: str, columns: Columns, **values: Any) -> int:
    """Execute it with its word ROWS standing for these rows, as many as the first column has, and `values` as %(name)s.

    A column that says the same of each row is sent once. Returns how many rows were written.
    """
    first, *_others = columns
    alike = {name for name, (_type, all_of) in columns.items() if name != first and _all_alike(all_of)}
    arrays = [f"%({name})b::{of_type}[]" for name, (of_type, _all_of) in columns.items() if name not in alike]
    names = [name for name in columns if name not in alike]
    same = [f", %({name})s::{columns[name][0]} AS {name}" for name in columns if name in alike]
    rows = f"(SELECT given.*{''.join(same)} FROM unnest({', '.join(arrays)}) AS given ({', '.join(names)}))"
    params = {name: all_of[0] if name in alike else list(all_of) for name, (_type, all_of) in columns.items()}
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement.replace("ROWS", rows, 1).encode(), {**params, **values})
        return cursor.rowcount


def _all_alike(values: Sequence[Any]) -> bool:
    return values.count(values[0]) == len(values)
