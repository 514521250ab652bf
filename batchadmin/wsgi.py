"""The web server's way in: `gunicorn batchadmin.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.module_loading import import_string

from batchadmin.lib.garbage import look_seldom

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "batchadmin.settings")

application = get_wsgi_application()

# All pages are read now, and not within the first click on them: that may be Stop, and it would take a second longer.
get_resolver().url_patterns  # noqa: B018
# What providers report needs no thread each: batchadmin.lib.quick asks for this.
application.quick = import_string("messaging.quick_hooks.HOOKS")  # type: ignore[attr-defined]
look_seldom()
