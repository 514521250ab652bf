"""The one word to its requester that a batch has ended: always in the app, and by e-mail at most once."""

from __future__ import annotations

import logging
import smtplib
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.states import NotifyWhen
from batchadmin.lib.seldom import Seldom

from .models import BatchRequest, Notice
from .registry import kind_of
from .states import BatchStatus, Lane, MailState
from .wake import wake_mail

log = logging.getLogger("batches.notices")
LOGGED = Seldom()


def notice_write(*, batch: BatchRequest) -> Notice | None:
    """Write the notice of a batch that has just ended, in the transaction that ends it.

    None for single messages and for what runs by itself, and for a batch that its own requester stopped.
    """
    if batch.lane == Lane.EXPRESS or not batch.listed or batch.stopped_by_id == batch.requester_id:
        return None
    failed = batch.status == BatchStatus.FAILED
    return notice_add(
        batch=batch, user=batch.requester, subject=_subject(batch), body=_body(batch), failed=failed
    )


def notice_add(*, batch: BatchRequest, user: User, subject: str, body: str, failed: bool) -> Notice:
    """Write a notice in the transaction at hand, in words of the caller; `batch` leads to its page, and has no other."""
    wanted = mail_wanted(user, failed=failed)
    return Notice.objects.create(
        batch=batch,
        user=user,
        subject=subject.replace("\r", " ").replace("\n", " ")[:400],
        body=body,
        mail_state=MailState.WAITING if wanted else MailState.NOT_WANTED,
        message_id=f"<batch-{batch.pk}@{batch.program.slug}.batchadmin>",
    )


def mail_wanted(user: User, *, failed: bool) -> bool:
    """Whether this user wants an e-mail about an end of this sort."""
    if user.notify_when == NotifyWhen.ONLY_FAILURES:
        return failed
    return user.notify_when == NotifyWhen.ALWAYS


def sender_of(program: Program) -> str:
    """The program's address as a From header; the site's own while the program has none."""
    if not program.sender_address:
        return settings.DEFAULT_FROM_EMAIL
    return formataddr((program.sender_name or program.name, program.sender_address))


def _subject(batch: BatchRequest) -> str:
    line = f"{batch.get_status_display()}: {batch.title}"
    if batch.status == BatchStatus.FAILED and batch.success_rate is not None:
        line += " · " + _("{rate} processed").format(rate=_rate(batch))
    return line


def _rate(batch: BatchRequest) -> str:
    """The success rate in words; 0% and 100% only if exact."""
    rate = batch.success_rate
    if rate is None:
        return "-"
    if batch.succeeded and not rate:
        return "<0.1%"
    return f"{rate:.1f}".rstrip("0").rstrip(".") + "%"


def _body(batch: BatchRequest) -> str:
    lines = [
        _("{name} has ended: {status}.").format(name=batch.title, status=batch.get_status_display().lower()),
        "",
        f"{_('Type')}: {batch.type}",
        f"{_('Size')}: {number_format(batch.total)}",
        *(f"{label}: {number_format(count)}" for label, count in _counts(batch) if count),
        f"{_('Success rate')}: {_rate(batch)}",
        "",
        settings.BASE_URL + _page(batch),
    ]
    return "\n".join(lines)


def _page(batch: BatchRequest) -> str:
    """The kind's page of the batch; the engine's own if it can't be named: a link is nothing to keep a batch from its end."""
    try:
        return kind_of(batch).page(batch)
    except DatabaseError:
        raise
    except Exception:
        log.exception("The page of batch %s can't be named", batch.pk)
        return reverse("batch", kwargs={"program": batch.program.slug, "pk": batch.pk})


def _counts(batch: BatchRequest) -> list[tuple[str, int]]:
    return [
        (_("Succeeded"), batch.succeeded),
        (_("Failed"), batch.failed),
        (_("Skipped"), batch.skipped),
        (_("Not sent"), batch.not_sent),
        (_("Unknown"), batch.unknown),
    ]


def notices_mail() -> int:
    """Hand over the waiting e-mails. If the server can't be reached they go on waiting. Returns how many were handed over."""
    waiting = list(Notice.objects.filter(mail_state=MailState.WAITING).order_by("id")[:200])
    if not waiting:
        return 0
    connection = get_connection()
    handed = 0
    try:
        for notice in waiting:
            connection.open()  # before the notice is marked, so that a server that is down costs none
            if _mail(notice, connection):
                handed += 1
            else:
                connection.close()  # whatever it was, it is not to cost the next one
    except (OSError, smtplib.SMTPException) as error:
        if LOGGED.is_news("mail", str(error)):
            log.warning("The mail server can't be reached, %s notices wait: %s", len(waiting) - handed, error)
    finally:
        connection.close()
    return handed


def _mail(notice: Notice, connection: BaseEmailBackend) -> bool:
    # Marked and committed first: if this process dies now, the mail is not repeated; the notice in the app remains.
    claimed = Notice.objects.filter(pk=notice.pk, mail_state=MailState.WAITING).update(
        mail_state=MailState.HANDING_OVER
    )
    if not claimed:
        return False
    try:
        EmailMessage(
            subject=notice.subject,
            body=notice.body,
            from_email=sender_of(notice.batch.program),
            to=[notice.user.email],
            headers={"Message-ID": notice.message_id},
            connection=connection,
        ).send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        Notice.objects.filter(pk=notice.pk).update(mail_state=MailState.FAILED, mail_error=str(error)[:500])
        return False
    Notice.objects.filter(pk=notice.pk).update(mail_state=MailState.SENT)
    return True


def notices_wake() -> int:
    """Call a worker if notices wait for their e-mail. Returns how many wait."""
    waiting = Notice.objects.filter(mail_state=MailState.WAITING).count()
    if waiting:
        wake_mail()
    return waiting
