"""What workers do for accounts, away from the request that asked: nobody can tell by the time an answer takes who has one."""

from __future__ import annotations

import logging

import django_rq
from redis.exceptions import RedisError

from batchadmin.accounts.mail import reset_send
from batchadmin.accounts.models import User

log = logging.getLogger("batchadmin.accounts")


def reset_soon(email: str) -> None:
    """Have a worker send the link to choose a password, if the address has an account. Without Redis it is done here."""
    try:
        queue = django_rq.get_queue("express")
        queue.enqueue_call(
            "batchadmin.accounts.jobs.reset_mail",
            args=(email,),
            result_ttl=0,
            failure_ttl=0,  # the address isn't kept for those who look at the queue
            description="a link to choose a password",
        )
    except RedisError as error:
        log.warning("Redis is away, a link is sent at once: %s", type(error).__name__)
        reset_mail(email)


def reset_mail(email: str) -> None:
    """Send the link, unless nobody active has this address. People who were invited have no password yet; they too."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user is not None:
        reset_send(user=user)
