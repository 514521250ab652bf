"""Each dangerous setting has a check with an id and a hint; production settings pass them all."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.utils import timezone
from redis import Redis

from batchadmin.lib import checks
from batchadmin.lib.env import FILE_BACKEND
from tests.services import ROOT, child_environment


def ids(messages: list[CheckMessage]) -> list[str]:
    """The ids of what was said; each says what to do as well."""
    assert all(message.hint for message in messages)
    return [str(message.id).removeprefix("batchadmin.") for message in messages]


@pytest.mark.parametrize(
    ("check", "values", "said"),
    [
        ("debug_in_public", {"DEBUG": True, "BASE_URL": "https://batch.example.com"}, ["E001"]),
        ("debug_in_public", {"DEBUG": True, "BASE_URL": "http://192.168.1.5:8000"}, ["E001"]),
        ("debug_in_public", {"DEBUG": True, "BASE_URL": "http://127.0.0.1:8000"}, []),
        ("debug_in_public", {"DEBUG": False, "BASE_URL": "https://batch.example.com"}, []),
        ("metrics_token", {"METRICS_TOKEN": "word"}, ["E002"]),
        ("metrics_token", {"METRICS_TOKEN": "x" * 16}, []),
        ("metrics_token", {"METRICS_TOKEN": ""}, []),
        ("plain_http", {"BASE_URL": "http://batch.example.com"}, ["W004"]),
        ("plain_http", {"BASE_URL": "https://x", "SECURE_PROXY_SSL_HEADER": None}, ["W005"]),
        ("plain_http", {"BASE_URL": "https://x", "SECURE_PROXY_SSL_HEADER": ("a", "b")}, []),
        ("outgoing_hosts", {"OUTGOING_ALLOWED_HOSTS": ["10.0.0.5:8080"]}, ["W006"]),
        ("outgoing_hosts", {"OUTGOING_ALLOWED_HOSTS": ["10.0.0.0/8"]}, ["W006"]),
        ("outgoing_hosts", {"OUTGOING_ALLOWED_HOSTS": ["[fd00::1]"]}, ["W006"]),
        ("outgoing_hosts", {"OUTGOING_ALLOWED_HOSTS": ["169.254.169.254"]}, ["W006"]),
        ("outgoing_hosts", {"OUTGOING_ALLOWED_HOSTS": ["crm.internal"]}, ["W006"]),
        ("outgoing_hosts", {"OUTGOING_ALLOWED_HOSTS": ["localhost"]}, ["W006"]),
        ("outgoing_hosts", {"OUTGOING_ALLOWED_HOSTS": ["hooks.example.com", "8.8.8.8"]}, []),
        ("email_address", {"EMAIL_BACKEND": FILE_BACKEND}, ["W007"]),
        ("email_address", {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}, []),
    ],
)
def test_a_dangerous_setting_is_said(
    settings: Any, check: str, values: dict[str, Any], said: list[str]
) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    assert ids(getattr(checks, check)(None)) == said


def test_a_key_that_a_host_has_made_for_itself_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    assert ids(checks.secret_key(None)) == ["W003"]
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    assert ids(checks.secret_key(None)) == []


def test_embedded_servers_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHADMIN_EMBEDDED", "/var")
    assert ids(checks.temporary_services(None)) == ["W009"]
    monkeypatch.delenv("BATCHADMIN_EMBEDDED")
    assert ids(checks.temporary_services(None)) == []


def test_files_that_only_one_host_has_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BATCHADMIN_EMBEDDED", raising=False)
    monkeypatch.delenv("FILES_DIR", raising=False)
    assert ids(checks.shared_files(None)) == ["W015"]
    monkeypatch.setenv("FILES_DIR", "/srv/files")
    assert ids(checks.shared_files(None)) == []
    monkeypatch.delenv("FILES_DIR")
    monkeypatch.setenv("BATCHADMIN_EMBEDDED", "/var")
    assert ids(checks.shared_files(None)) == []


def test_a_network_file_system_is_known(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nnas:/x /srv/my\\040data nfs4 rw 0 0\ntmpfs /srv tmpfs rw 0 0\n"
    )
    assert checks._file_system(Path("/srv/my data/var"), mounts) == "nfs4"
    assert checks._file_system(Path("/srv/other"), mounts) == "tmpfs"
    assert checks._file_system(Path("/opt"), mounts) == "ext4"
    assert checks._file_system(Path("/opt"), tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (("on", "on", "on"), []),
        (("on", "on", "local"), []),
        (("off", "on", "on"), ["E010"]),
        (("on", "off", "on"), ["E010"]),
        (("on", "on", "off"), ["E011"]),
    ],
)
def test_a_database_that_may_forget_is_said(found: tuple[str, str, str], said: list[str]) -> None:
    assert ids(list(checks._about_database(*found, drift=0.0))) == said


def test_clocks_that_are_apart_are_said_and_one_that_was_slow_to_answer_isn_t() -> None:
    now = timezone.now()
    for apart, took, said in ((-5, 0, ["W012"]), (5, 0, ["W012"]), (5, 10, []), (15, 10, ["W012"])):
        clock, after = (now + timedelta(seconds=seconds) for seconds in (apart, took))
        drift = checks._drift(now, clock, after)
        assert ids(list(checks._about_database("on", "on", "on", drift))) == said, (apart, took)


@pytest.mark.django_db
def test_the_tests_own_database_is_asked_and_in_order() -> None:
    assert ids(checks.database_settings(None, databases=["default"])) == []
    assert checks.database_settings(None) == []


def test_a_redis_that_forgets_is_said(redis_db: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(checks.redis_settings(None, databases=["default"])) == []
    # Not set in earnest: other tests that run beside this one ask the same Redis.
    memory = redis_db.info("memory")
    assert memory["maxmemory_policy"] == "noeviction"
    monkeypatch.setattr(Redis, "info", lambda self, section: {**memory, "maxmemory_policy": "allkeys-lru"})
    assert ids(checks.redis_settings(None, databases=["default"])) == ["W013"]


def test_a_redis_that_is_away_is_said(settings: Any) -> None:
    settings.RQ_QUEUES = {"express": {"URL": "redis://127.0.0.1:1"}}
    assert ids(checks.redis_settings(None, databases=["default"])) == ["W014"]


@pytest.mark.django_db
def test_production_settings_pass_every_check_and_dangerous_ones_stop_every_command() -> None:
    production = child_environment(
        {
            "BASE_URL": "https://batch.example.com",
            "ALLOWED_HOSTS": "batch.example.com",
            "BEHIND_PROXY": "true",
            "SECRET_KEY": "kqP3vYw7RzT1mXc5uNb9sLh2gFd6jA8eKo4iQpZr0VtWyBxCnM",
            "EMAIL_URL": "smtps://user:word@mail.example.com",
            "METRICS_TOKEN": "a-long-enough-token",
            "FILES_DIR": "/srv/batchadmin/files",
        }
    )
    production.pop("BATCHADMIN_EMBEDDED", None)
    command = [sys.executable, str(ROOT / "manage.py"), "check"]
    told = subprocess.run(
        [*command, "--deploy", "--fail-level", "DEBUG", "--database", "default"],
        env=production, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (told.returncode, "no issues (0 silenced)" in told.stdout) == (0, True), told.stderr
    refused = subprocess.run(
        command, env={**production, "DEBUG": "true"}, capture_output=True, text=True, check=False, timeout=120
    )
    assert refused.returncode == 1
    assert "batchadmin.E001" in refused.stderr


@pytest.mark.django_db
def test_no_workers_at_all_stop_the_start() -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "check"]
    told = subprocess.run(
        command,
        env=child_environment({"WORKERS": "0"}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 2
    assert "WORKERS is 0, which is too small" in told.stderr
