"""The one e-mail to the requester, over a real mail server: what it says, from whom, and never twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from pytest_django import Settings

from batchadmin.accounts.states import NotifyWhen
from batches.engine.claims import claim_report, claim_take
from batches.engine.sweeper import sweep
from batches.engine.turns import turn_take
from batches.engine.worker import Worker
from batches.kinds import Answer, Outcome, Verdict
from batches.models import BatchRequest, Notice
from batches.notices import notices_mail
from batches.states import BatchStatus, ItemStatus, Lane, MailState
from tests.batches.kinds import Letters
from tests.factories import MembershipFactory
from tests.fixtures.smtp import DROP, SmtpServer

Request = Callable[..., BatchRequest]
Work = Callable[[], None]


@pytest.fixture
def mail(settings: Settings, smtp_server: SmtpServer) -> SmtpServer:
    """The server that the program's own mail goes to."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = smtp_server.host, smtp_server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.BASE_URL = "https://batchadmin.example"
    return smtp_server


def fail_half(key: int) -> Answer:
    return Answer(Verdict.REFUSED, "5.1.1") if key % 2 else Answer(Verdict.ACCEPTED)


def test_a_failed_batch_is_told_with_its_success_rate_from_the_programs_address(
    request_batch: Request, work: Work, mail: SmtpServer
) -> None:
    Letters.answer = staticmethod(fail_half)
    batch = request_batch(size=100, campaign_name="Spring gifting")
    work()
    assert notices_mail() == 1
    (message,) = mail.messages
    assert message.recipients == [batch.requester.email]
    assert message.parsed["From"] == "Glow <hello@glow.example>"
    assert message.subject.strip() == "Failed: Spring box, Spring gifting · 50% processed"
    for words in ("Type: Letters", "Size: 100", "Succeeded: 50", "Failed: 50", "Success rate: 50%"):
        assert words in message.text
    assert f"https://batchadmin.example/letters/{batch.pk}" in message.text


def test_a_rate_that_is_nearly_nothing_or_nearly_all_is_not_rounded_to_it(
    request_batch: Request, work: Work, mail: SmtpServer
) -> None:
    Letters.answer = staticmethod(
        lambda key: Answer(Verdict.ACCEPTED) if key == 1 else Answer(Verdict.REFUSED, "5.1.1")
    )
    request_batch(size=2_000)
    work()
    assert Notice.objects.get().subject.endswith("<0.1% processed")


def test_a_completed_batch_is_told_too(request_batch: Request, work: Work, mail: SmtpServer) -> None:
    request_batch(size=3)
    work()
    notices_mail()
    assert [message.subject for message in mail.messages] == ["Completed: Spring box"]


@pytest.mark.parametrize(
    ("wanted", "mails"), [(NotifyWhen.ALWAYS, 2), (NotifyWhen.ONLY_FAILURES, 1), (NotifyWhen.NEVER, 0)]
)
def test_each_user_chooses_when_to_get_mail_and_always_sees_the_notice(
    request_batch: Request, work: Work, mail: SmtpServer, wanted: NotifyWhen, mails: int
) -> None:
    member = MembershipFactory.create(user__notify_when=wanted)
    request_batch(size=2, member=member)
    work()
    Letters.answer = staticmethod(fail_half)
    request_batch(size=2, member=member)
    work()
    notices_mail()
    assert len(mail.messages) == mails
    assert Notice.objects.filter(user=member.user).count() == 2


def test_many_who_hand_over_at_once_send_one_mail(
    request_batch: Request, work: Work, mail: SmtpServer
) -> None:
    request_batch(size=2)
    work()
    start = threading.Barrier(8)

    def hand_over(_number: int) -> int:
        start.wait(timeout=60)
        try:
            return notices_mail()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as hands:
        assert sum(hands.map(hand_over, range(8))) == 1
    assert len(mail.messages) == 1


def test_a_mail_whose_hand_over_was_cut_short_is_never_repeated(
    request_batch: Request, work: Work, mail: SmtpServer
) -> None:
    mail.on_data = lambda message: DROP
    request_batch(size=2)
    work()
    notices_mail()
    mail.on_data = lambda message: None
    assert notices_mail() == 0
    assert len(mail.messages) == 1
    assert Notice.objects.get().mail_state == MailState.FAILED


def test_a_notice_of_a_process_that_died_with_it_in_hand_is_left_alone(
    request_batch: Request, work: Work, mail: SmtpServer
) -> None:
    request_batch(size=2)
    work()
    Notice.objects.update(mail_state=MailState.HANDING_OVER)
    assert notices_mail() == 0
    assert mail.messages == []


def test_a_mail_server_that_is_down_costs_no_notice(
    request_batch: Request, work: Work, mail: SmtpServer, settings: Settings
) -> None:
    request_batch(size=2)
    work()
    settings.EMAIL_PORT = 1
    assert notices_mail() == 0
    settings.EMAIL_PORT = mail.port
    assert notices_mail() == 1


def test_single_messages_and_unlisted_work_send_no_notice(request_batch: Request, work: Work) -> None:
    request_batch(size=1, lane=Lane.EXPRESS)
    request_batch(size=1, listed=False)
    work()
    assert not Notice.objects.exists()


def test_a_name_with_a_line_break_makes_no_header(
    request_batch: Request, work: Work, mail: SmtpServer
) -> None:
    request_batch(size=1, name="News\r\nBcc: somebody@example.com")
    work()
    notices_mail()
    assert mail.messages[0].recipients == [Notice.objects.get().user.email]
    assert mail.messages[0].parsed["Bcc"] is None


def test_a_connection_that_drops_costs_one_notice_and_not_those_after_it(
    request_batch: Request, work: Work, mail: SmtpServer
) -> None:
    mail.on_data = lambda message: DROP if message.number == 1 else None
    for name in ("one", "two", "three"):
        request_batch(size=1, name=name)
    work()
    assert notices_mail() == 2
    assert [message.subject for message in mail.messages] == [
        f"Completed: {n}" for n in ("one", "two", "three")
    ]
    assert sorted(Notice.objects.values_list("mail_state", flat=True)) == ["failed", "sent", "sent"]


def test_a_batch_whose_page_cannot_be_named_ends_like_any_other(
    request_batch: Request, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(kind: Letters, batch: BatchRequest) -> str:
        if batch.name == "Broken":
            raise LookupError("what it is about is gone")
        return f"/letters/{batch.pk}"

    monkeypatch.setattr(Letters, "page", page)
    ended = []
    for name in ("Broken", "Spring box"):
        batch = request_batch(size=1, name=name)
        turn_take([Lane.BULK], only=batch.pk)
        taken = claim_take(batch.pk, 1, worker)
        assert taken is not None
        claim_report(taken[0], batch.pk, [Outcome(1, ItemStatus.SUCCEEDED)], lambda done: None)
        ended.append(batch)
    sweep()
    for batch in ended:
        batch.refresh_from_db()
        assert batch.status == BatchStatus.COMPLETED
    assert Notice.objects.count() == 2
