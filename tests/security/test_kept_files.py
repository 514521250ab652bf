"""Files that people upload or send are about people: nobody else on the machine may read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages


def test_a_kept_file_and_its_folders_are_for_the_programs_user_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    name = storages["default"].save("imports/2026/07/people.csv", ContentFile(b"name\n"))
    kept = tmp_path / "files" / name
    assert kept.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in list(kept.parents)[:4]} == {0o700}
