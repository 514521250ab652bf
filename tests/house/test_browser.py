"""The browser of tests leaves nothing behind in the database that they share."""

import pytest
from django.db import connection

from batchadmin.accounts.models import User
from tests.fixtures.browser import browser_running
from tests.fixtures.processes import wait_until

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def others() -> int:
    """How many sessions there are but this test's own."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return int(cursor.fetchone()[0])


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_what_is_asked_while_a_browser_runs_leaves_no_session(chromium_path: str) -> None:
    connection.ensure_connection()  # this test's, unless one before has closed it
    with browser_running(chromium_path):
        assert not User.objects.exists()
        assert others() > 0  # Django has a connection of its own beside playwright's loop
    wait_until(lambda: not others(), seconds=60, what="the sessions of the browser's time to end")
