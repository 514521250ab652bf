"""script/set-up and script/find-python: what a newcomer runs first, in a folder with a space."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import ROOT


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout with nothing but the scripts and requirements that ask for nothing, and its environment."""
    folder = tmp_path_factory.mktemp("a checkout")
    shutil.copytree(ROOT / "script", folder / "script")
    (folder / "requirements.txt").write_text("# nothing\n")
    done = set_up(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Installing what requirements.txt names …"
    yield folder
    shutil.rmtree(folder)


def set_up(folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(folder / "script/set-up"), "requirements.txt"],
        env=os.environ | env, text=True, capture_output=True, check=False, cwd="/",
    )  # fmt: skip


def test_an_environment_is_made_that_works(checkout: Path) -> None:
    python = checkout / ".venv/bin/python"
    done = subprocess.run(
        [python, "-c", "import sys; print(sys.prefix)"], text=True, capture_output=True, check=True
    )
    assert done.stdout.strip() == str(checkout / ".venv")


def test_a_second_time_there_is_nothing_to_do(checkout: Path) -> None:
    done = set_up(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_packages_that_cannot_be_installed_are_explained_and_tried_again(checkout: Path) -> None:
    before = (checkout / "requirements.txt").read_text()
    (checkout / "requirements.txt").write_text("missing @ file:///no/such/package.whl\n")
    try:
        for _attempt in range(2):
            done = set_up(checkout)
            assert done.returncode == 1
            assert "Installing the packages failed; pip says above why." in done.stderr
            assert "Traceback" not in done.stdout
    finally:
        (checkout / "requirements.txt").write_text(before)


def test_a_python_without_venv_is_told_what_to_install(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "venv.py").write_text("raise SystemExit('ensurepip is not available')")
    bare = tmp_path / "bare checkout"
    shutil.copytree(checkout / "script", bare / "script")
    shutil.copy(checkout / "requirements.txt", bare)
    done = set_up(bare, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "ensurepip is not available" in done.stderr
    assert f"apt install python{sys.version_info.major}.{sys.version_info.minor}-venv" in done.stderr


def test_the_newest_python_that_fits_is_found() -> None:
    done = subprocess.run([ROOT / "script/find-python"], text=True, capture_output=True, check=True)
    version = subprocess.run(
        [done.stdout.strip(), "-c", "import sys; print(sys.version_info >= (3, 11))"],
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert version.stdout == "True\n"


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "bash").symlink_to(shutil.which("bash") or "/bin/bash")
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    command = [str(tmp_path / "bash"), str(ROOT / "script/find-python")]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Batchadmin needs Python 3.11 or newer, and this machine has none.")
