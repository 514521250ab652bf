"""The settings of the tests: the product's own, against servers of their own.

Importing this starts or joins the embedded PostgreSQL and Redis in DATA_DIR (default `var/test`, so a running
Batchadmin isn't disturbed), unless DATABASE_URL and REDIS_URL name others. Each pytest-xdist worker gets a Redis
database and a data folder of its own, as pytest-django gives it a PostgreSQL database of its own: whoever sweeps removes
the journals of workers that are dead and, as far as its own database knows, left nothing. mypy reads the settings here as well.
"""

import os
from pathlib import Path

from batchadmin.lib import embedded
from tests.services import data_folder, redis_database, with_redis_database

os.environ.setdefault("DATA_DIR", str(Path(__file__).resolve().parent.parent / "var" / "test"))
# The tests' mail servers and providers are on this machine, or on networks of its own; workers that tests start are told so too.
os.environ.setdefault("CHANNEL_ALLOWED_HOSTS", "127.0.0.1,localhost,::1,198.18.1.1")
embedded.join_unless_named(Path(os.environ["DATA_DIR"]))
os.environ["DATA_DIR"] = str(data_folder(Path(os.environ["DATA_DIR"])))
os.environ["REDIS_URL"] = with_redis_database(os.environ["REDIS_URL"], redis_database())

from batchadmin.settings import *  # noqa: E402, F403 - the servers have to be there first

# Nobody guesses in tests, and they log in more often than people.
LOG_IN_TRIES_PER_MINUTE = 1_000_000

# Argon2 is slow on purpose; most tests only need somebody who is logged in.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]  # noqa: F405

# Each test client makes the middleware anew; without this it would list and compress all static files each time.
WHITENOISE_AUTOREFRESH = True
