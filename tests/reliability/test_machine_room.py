"""Two web hosts and three with workers, each a network namespace of its own; one is cut off in the middle of a broadcast."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import redis
import requests
from django.conf import settings
from django.test import Client

from batchadmin.accounts.models import User
from batches.models import BatchRequest, Claim, WorkerLease
from campaigns.models import Import
from campaigns.services import import_check_request, import_prepare
from campaigns.states import ImportState
from messaging.models import Channel
from tests.reliability.hosts import OUTSIDE, Host, machine_room, needs_namespaces
from tests.reliability.road import LONG, Road, account, only_long, scale, until, until_ended, until_sent

PEOPLE = scale(5_000, 400)
WORKERS = ("w1", "w2", "w3")


def web_start(host: Host) -> None:
    """A web server on this host."""
    host.run(
        sys.executable,
        "-m",
        "gunicorn",
        "--workers",
        "1",
        "--bind",
        f"{host.address}:8000",
        "batchadmin.wsgi",
    )


def status(host: Host, path: str, cookies: dict[str, str] | None = None) -> int | None:
    """What this host's web server answers; nothing while it doesn't."""
    try:
        return requests.get(f"http://{host.address}:8000{path}", cookies=cookies, timeout=20).status_code
    except requests.RequestException:
        return None


def lease_of(name: str) -> WorkerLease:
    """The newest lease of a host's worker."""
    return WorkerLease.objects.filter(host=name).latest("started_at")


@only_long
@pytest.mark.workers
def test_a_host_that_is_cut_off_costs_at_most_its_claim_and_nobody_gets_anything_twice(
    road: Road, redis_db: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_namespaces()
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)
    monkeypatch.setenv("ALLOWED_HOSTS", f"{OUTSIDE}.10,{OUTSIDE}.11")
    monkeypatch.setenv(
        "FILES_DIR", str(tmp_path / "files")
    )  # what the hosts share, as they would a network's disk
    Channel.objects.update(settings={**road.channel.settings, "host": f"{OUTSIDE}.1"})
    with machine_room(tmp_path, road.server.port) as host:
        webs = [host("web1"), host("web2")]
        workers = {name: host(name) for name in WORKERS}
        for one in workers.values():
            one.manage("batch_worker", "express", "bulk")
        for name in ("w1", "w2"):
            workers[name].manage("batch_scheduler")
        for web in webs:
            web_start(web)
        until(lambda: all_listen(), seconds=90, name="a worker on each host")
        until(lambda: {status(web, "/readyz") for web in webs} == {200}, seconds=90, name="both web hosts")
        a_file_given_to_one_host_is_read_by_others(webs, road.member.user, road.member.program.slug)
        road.channel.refresh_from_db()
        road.pace(PEOPLE / 10)
        batch = road.send(PEOPLE)
        until_sent(road.server, PEOPLE // 5)
        until(
            lambda: Claim.objects.filter(worker=lease_of("w1")).exists(),
            seconds=60,
            name="w1 to have a claim",
        )
        workers["w1"].cut_off()
        in_hand = sum(len(claim.keys) for claim in Claim.objects.filter(worker=lease_of("w1")))
        road.pace(None)
        until_ended(batch)
        account(batch, road.server, unknown_at_most=max(in_hand, PEOPLE // 10))
        both_show_it(webs, batch.requester, batch.program.slug, batch.pk)
        assert lease_of("w1").ended_at is not None
        if LONG:
            workers["w1"].plug_in_again()
            until(lambda: settled(batch), seconds=120, name="the word of the host that came back")
            account(batch, road.server, unknown_at_most=0)


def all_listen() -> bool:
    """Whether every host's worker holds a lease."""
    return {one.host for one in WorkerLease.objects.filter(ended_at=None)} == set(WORKERS)


def settled(batch: BatchRequest) -> bool:
    """Whether nothing of the batch is unknown any more."""
    batch.refresh_from_db()
    return bool(batch.unknown == 0)


def cookies_of(user: User) -> dict[str, str]:
    """What the browser of somebody who is logged in sends."""
    client = Client()
    client.force_login(user)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def a_file_given_to_one_host_is_read_by_others(webs: list[Host], user: User, program: str) -> None:
    """One web host takes the file of an import, a worker on another host checks it, the other web host shows what came of it."""
    browser = requests.Session()
    browser.cookies.update(cookies_of(user))
    page = f"http://{webs[0].address}:8000/p/{program}/settings/imports/new/"
    browser.get(page, timeout=20)
    people = ("people.csv", "first_name,email\nAda,ada@example.com\n", "text/csv")
    told = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    assert browser.post(page, data=told, files={"file": people}, timeout=20).status_code == 200
    imported = Import.objects.get(program__slug=program)
    import_prepare(imported=imported)
    import_check_request(imported=imported)
    checked = Import.objects.filter(pk=imported.pk).exclude(state=ImportState.CHECKING)
    until(checked.exists, seconds=60, name="a worker to check the file")
    assert checked.get().problem == ""
    assert checked.get().check_result["rows"] == 1
    assert status(webs[1], f"/p/{program}/settings/imports/{imported.pk}/check/", cookies_of(user)) == 200


def both_show_it(webs: list[Host], user: User, program: str, batch: int) -> None:
    """Both web hosts know the same session, and show the same batch."""
    cookies = cookies_of(user)
    page = f"/p/{program}/settings/batch-requests/{batch}/export/"
    assert {status(web, page, cookies) for web in webs} == {200}
