"""Django for one of them: `configure` with its apps and settings, and an empty database migrated."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import django
from django.conf import settings
from django.core.management import call_command

BODY = "Hi {name},\n\n" + "your box is on its way, and we can't wait. " * 22
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def configure(port: int, apps: list[str], **more: Any) -> None:
    """Ready to queue and send to the sink on this port."""
    parts = urlsplit(os.environ["RIVAL_DATABASE_URL"])
    options = dict(parse_qsl(parts.query))
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(options.pop("host", "") or parts.hostname or ""),
        "PORT": str(options.pop("port", "") or parts.port or ""),
        "OPTIONS": options,
    }
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.contenttypes", *apps],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        USE_TZ=True,
        SECRET_KEY="benchmark",
        LOGGING_CONFIG=None,
        **more,
    )
    django.setup()
    call_command("migrate", verbosity=0)
