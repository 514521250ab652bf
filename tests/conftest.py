"""Fixtures for every test. What they offer stands in the modules named here; see their docstrings.

`books`        the books, checked after every test with a database
`worker_pool`  real `manage.py workers` on the test's own databases
`smtp_server`  a mail server on loopback that records what it gets and misbehaves as told
`authority`    a maker of certificates; `trusted_authority` is one that this machine trusts for the test
`chromium_path` the browser for tests marked `browser`, which are left out where there is none
`redis_db`     the test's own Redis database, empty
`receiver`     a web server on loopback that records what is posted to it
"""

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

# The same examples each time, and no clock: a busy machine is no fault of what is tested.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")
# Some values come from what stands in our modules that have been loaded: with other tests before them, they would be others.
providers._get_local_constants = Constants

pytest_plugins = [
    "tests.fixtures.books",
    "tests.fixtures.browser",
    "tests.fixtures.certificates",
    "tests.fixtures.emptying",
    "tests.fixtures.live",
    "tests.fixtures.receiver",
    "tests.fixtures.smtp",
    "tests.fixtures.workers",
]
