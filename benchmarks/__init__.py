"""How fast it is, one file for each question; `script/bench` runs them. Never part of the tests.

Importing this package starts servers of its own (data in `var/bench`), migrates, and makes Django ready.
"""

import os
from pathlib import Path

import django
from django.core.management import call_command

from batchadmin.lib import embedded

ROOT = Path(__file__).resolve().parent.parent

for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(name, None)
os.environ["DATA_DIR"] = os.environ.get("BENCH_DATA_DIR", str(ROOT / "var" / "bench"))
os.environ["CHANNEL_ALLOWED_HOSTS"] = "127.0.0.1"  # where their mail servers and providers are
os.environ["DJANGO_SETTINGS_MODULE"] = "batchadmin.settings"
embedded.join_unless_named(Path(os.environ["DATA_DIR"]))
django.setup()
call_command("migrate", verbosity=0)
