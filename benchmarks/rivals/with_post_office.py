"""django-post-office: queue with `send_many`, send with `send_queued_mail`, two processes of five threads:  MESSAGES PORT

Not called `post_office.py`: a script's own folder comes first on Python's path and would hide the package of that name.
"""

from __future__ import annotations

import sys
import time

from setting_up import BODY, SMTP, configure

messages, port = int(sys.argv[1]), int(sys.argv[2])
configure(
    port,
    ["post_office"],
    EMAIL_BACKEND="post_office.EmailBackend",
    POST_OFFICE={"BACKENDS": {"default": SMTP}, "BATCH_SIZE": 500, "THREADS_PER_PROCESS": 5},
)

from django.core.management import call_command  # noqa: E402
from post_office import mail  # noqa: E402
from post_office.models import STATUS, Email  # noqa: E402

began = time.perf_counter()
mail.send_many(
    {
        "sender": "hello@example.com",
        "recipients": [f"bea{n}@example.com"],
        "subject": f"Your box, Bea {n}",
        "message": BODY.format(name=f"Bea {n}"),
        "headers": {"List-Unsubscribe": f"<https://example.com/u/{n}>"},
    }
    for n in range(messages)
)
call_command("send_queued_mail", processes=2, log_level=0, verbosity=0)
took = time.perf_counter() - began
sent = Email.objects.filter(status=STATUS.sent).count()
if sent != messages:
    raise SystemExit(f"{sent} of {messages} were sent")
print(took)
