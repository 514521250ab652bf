"""django-mailer: queue each message, send them with its `send_mail` command:  MESSAGES PORT

Not called `mailer.py`: a script's own folder comes first on Python's path and would hide the package of that name.
"""

from __future__ import annotations

import sys
import time

from setting_up import BODY, SMTP, configure

messages, port = int(sys.argv[1]), int(sys.argv[2])
configure(port, ["mailer"], EMAIL_BACKEND="mailer.backend.DbBackend", MAILER_EMAIL_BACKEND=SMTP)

from django.core.mail import EmailMessage, get_connection  # noqa: E402
from mailer.engine import send_all  # noqa: E402
from mailer.models import Message, MessageLog  # noqa: E402

began = time.perf_counter()
get_connection().send_messages(
    [
        EmailMessage(
            f"Your box, Bea {n}",
            BODY.format(name=f"Bea {n}"),
            "hello@example.com",
            [f"bea{n}@example.com"],
            headers={"List-Unsubscribe": f"<https://example.com/u/{n}>"},
        )
        for n in range(messages)
    ]
)
send_all()
took = time.perf_counter() - began
if Message.objects.exists() or MessageLog.objects.count() != messages:
    raise SystemExit(f"{Message.objects.count()} of {messages} are left")
print(took)
