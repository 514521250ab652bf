"""What browsers are told on every page, and that no form is taken from elsewhere."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any, cast

import pytest
from django.db import transaction
from django.test import Client

from tests.factories import PASSWORD
from tests.security.table import ANY, addresses
from tests.security.test_access_table import AT_ROUTE, path_of
from tests.security.world import World
from tests.services import ROOT, child_environment

# Called by programs, which have no cookie: by token, by signature, or by the link of one person.
NOT_BY_COOKIE = ("api/", "hooks/", "u/")
TAKES_FORMS = sorted(
    name
    for name, address in addresses().items()
    if {"POST", ANY} & set(AT_ROUTE[address.route]) and not address.route.startswith(NOT_BY_COOKIE)
)


@pytest.mark.django_db
@pytest.mark.parametrize("name", TAKES_FORMS)
def test_a_form_that_came_from_elsewhere_is_refused(name: str, world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = str(
        world.sessions["staff" if name in ("admin", "django_rq") else "owner"].session_key
    )
    path = path_of(addresses()[name], world.mine, world.mine.slug)
    with transaction.atomic():
        answer = client.post(path, {}, headers={"Origin": "https://evil.example"})
        transaction.set_rollback(True)
    assert answer.status_code == 403, path


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/log-in/", "/me/", "/api/v1/docs", "/nothing-here/", "/admin/login/", "{slug}"]
)
def test_every_page_carries_the_headers(path: str, world: World) -> None:
    page = f"/p/{world.mine.slug}/" if path == "{slug}" else path
    headers = world.client("owner").get(page).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'",) * 3
    assert policy["form-action"] == "'self'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
def test_scripts_cannot_read_the_session(world: World) -> None:
    told = {"username": world.mine.owner.user.email, "password": PASSWORD}
    cookie = Client().post("/log-in/", told).cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.django_db
def test_with_https_cookies_stay_on_it_and_browsers_are_told_for_a_year() -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")
    asked = "import django, json; from django.conf import settings; "
    asked += f"print(json.dumps([getattr(settings, name) for name in {names!r}]))"

    def told(base: str) -> Any:
        environment = child_environment({"BASE_URL": base})
        command = [sys.executable, "-c", asked]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, check=True, timeout=120
        )
        return json.loads(done.stdout)

    assert told("https://batch.example.com") == [True, True, True, 31_536_000]
    assert told("http://127.0.0.1:8000") == [False, False, False, 0]


@pytest.mark.django_db
def test_what_somebody_was_shown_is_kept_by_no_browser_and_no_proxy(world: World) -> None:
    slug = world.mine.slug
    for path in (f"/p/{slug}/", f"/p/{slug}/influencers/", "/me/", "/nothing-here/", "/admin/"):
        kept = world.client("owner").get(path).headers["Cache-Control"]
        assert {"no-store", "private"} <= set(kept.split(", ")), path
    token = {"Authorization": f"Bearer {world.tokens['owner']}"}
    assert world.client("nobody").get("/api/v1/influencers", headers=token).headers["Cache-Control"] == (
        "private, no-store"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/log-in/", "/p/any/settings/imports/new/", "/admin/login/"])
def test_a_body_larger_than_any_file_is_refused_by_its_length(path: str, world: World) -> None:
    length = str(300 * 1024 * 1024)
    answer = world.client("nobody").generic(
        "POST", path, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=length
    )
    assert answer.status_code == 413
    assert "at most 60 MB" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "form", "status", "error"),
    [
        ("/api/v1/imports", "application/json", 413, b'"error": "body_too_large"'),
        (
            "/api/v1.1/campaigns/triggers/start_batch",
            "application/json",
            400,
            b'"error_debug": "http: request body too large"',
        ),
        (
            "/api/v1.1/campaigns/triggers/start",
            "text/xml",
            400,
            b"<error_debug>http: request body too large</error_debug>",
        ),
    ],
)
def test_an_api_refuses_a_body_of_any_length_in_the_form_that_it_was_asked_in(
    path: str, form: str, status: int, error: bytes, world: World
) -> None:
    length = {"CONTENT_TYPE": form, "CONTENT_LENGTH": str(300 * 1024 * 1024), "wsgi.input": io.BytesIO()}
    answer = world.client("nobody").generic(
        "POST",
        path,
        headers={"Authorization": f"Bearer {world.tokens['owner']}"},
        **cast(Any, length),
    )
    assert (answer.status_code, error in answer.content) == (status, True), answer.content
