"""The web server's settings, read by every `gunicorn batchadmin.wsgi` that is started in this folder."""

import sys
from pathlib import Path

from batchadmin.lib import embedded, env

# Threads that don't wait for one slow client for ever, and small calls that need none.
worker_class = "batchadmin.lib.quick.QuickWorker"
workers = 2
threads = 8
graceful_timeout = 5
loglevel = "warning"
control_socket_disable = True
# Whoever is ticked stands in the address: 500 people were too many for the 4,094 characters of the default. nginx takes as much.
limit_request_line = 8190
# A browser that reads slowly holds a thread, never a worker; what takes longer than this has gone wrong.
timeout = 60

try:
    embedded.join_unless_named(env.folder("DATA_DIR", default=Path(__file__).resolve().parent / "var"))
    from batchadmin import settings  # a wrong value ends the start here, in one sentence

    # Its own lines look like all others.
    own = {"level": "WARNING", "handlers": ["console"], "propagate": False}
    loggers = {**settings.LOGGING["loggers"], "gunicorn.error": own, "gunicorn.access": own}
    logconfig_dict = {**settings.LOGGING, "loggers": loggers}
except env.EnvError as error:
    print(error, file=sys.stderr)  # noqa: T201
    sys.exit(2)
except embedded.ServicesError as error:
    print(error, file=sys.stderr)  # noqa: T201
    sys.exit(1)
