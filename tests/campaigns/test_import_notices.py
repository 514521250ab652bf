"""Whoever imports a file is told when it has ended: once, and by e-mail as they wish."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batchadmin.accounts.states import NotifyWhen, Role
from batches.models import Notice
from batches.states import MailState
from campaigns.services import import_restart, import_start, import_stop
from tests.api.conftest import caller_of
from tests.campaigns.test_imports import run, uploaded
from tests.campaigns.test_imports_by_workers import many, serve, to_start
from tests.factories import MembershipFactory

Work = Callable[[], None]


def test_the_end_of_the_last_bulk_is_told_once_with_what_became_of_the_rows(
    manager: Membership, work: Work, browser: Client
) -> None:
    imported = run(manager, work, "Email\nno\n" + many(2_100).removeprefix("Email\n"))
    notice = Notice.objects.get()
    assert (notice.user, notice.mail_state) == (manager.user, MailState.WAITING)
    assert notice.subject == "Finished, not all of it: import of may.csv · 1 rejected"
    for words in ("Rows: 2,101", "Created: 2,100", "Rejected: 1"):
        assert words in notice.body
    address = reverse("import", kwargs={"program": manager.program.slug, "pk": imported.pk})
    assert notice.body.endswith(address)
    own = reverse("notice-open", kwargs={"program": manager.program.slug, "pk": notice.pk})
    assert browser.post(own)["Location"] == address


@pytest.mark.parametrize(
    ("wanted", "mailed"), [(NotifyWhen.ALWAYS, 2), (NotifyWhen.ONLY_FAILURES, 1), (NotifyWhen.NEVER, 0)]
)
def test_mail_comes_as_the_requester_wishes(
    manager: Membership, work: Work, wanted: NotifyWhen, mailed: int
) -> None:
    manager.user.notify_when = wanted
    manager.user.save()
    run(manager, work, "Email\nzoe@x.de\n")
    run(manager, work, "Email\nno\n")
    assert Notice.objects.count() == 2
    assert Notice.objects.filter(mail_state=MailState.WAITING).count() == mailed


def test_who_stops_it_is_told_nothing_and_somebody_else_s_requester_is(
    manager: Membership, work: Work
) -> None:
    other = MembershipFactory.create(program=manager.program)
    for by in (manager, other):
        imported = uploaded(manager, many(3))
        import_start(imported=imported, by=manager.user)
        import_stop(imported=imported, by=by.user)
    notice = Notice.objects.get()
    assert notice.subject == "Stopped: import of may.csv"
    assert "Not imported: 3" in notice.body


def test_the_end_of_a_restart_is_told_to_who_restarted(manager: Membership, work: Work) -> None:
    other = MembershipFactory.create(program=manager.program)
    imported = to_start(manager, 3)
    serve(imported)
    import_stop(imported=imported, by=manager.user)
    import_restart(imported=imported, by=other.user)
    serve(imported)
    work()
    assert [notice.user for notice in Notice.objects.all()] == [other.user]


def test_what_other_systems_send_is_told_to_nobody(manager: Membership, work: Work) -> None:
    caller = caller_of(MembershipFactory.create(role=Role.OWNER))
    caller.post("imports", {"members": [{"properties": {"email": "zoe@x.de"}}]})
    work()
    assert not Notice.objects.exists()
