"""The web server's way in: `gunicorn batchadmin.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "batchadmin.settings")

application = get_wsgi_application()
