"""What goes over the wire is compressed, once, and kept by browsers as long as it's true."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from batchadmin.lib.small import packed_of

TABLER = "/static/vendor/tabler-1.6.1/tabler.min.css"
PACKED = {"Accept-Encoding": "gzip"}


def body(client: Client, address: str, **headers: str) -> bytes:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


def test_a_static_file_comes_compressed_to_who_takes_it_so(client: Client) -> None:
    plain = (Path(settings.BASE_DIR) / TABLER.lstrip("/")).read_bytes()
    packed = body(client, TABLER, **PACKED)
    assert gzip.decompress(packed) == plain == body(client, TABLER)
    assert len(packed) < len(plain) / 4


def test_a_vendored_file_is_kept_for_good_and_our_own_for_a_minute(client: Client) -> None:
    assert "immutable" in client.get(TABLER)["Cache-Control"]
    ours = client.get("/static/app.css")
    assert ours["Cache-Control"] == "max-age=60, public"
    again = client.get("/static/app.css", headers={"If-None-Match": ours["ETag"]})
    assert again.status_code == 304


def test_a_changed_file_is_compressed_anew(tmp_path: Path) -> None:
    file = tmp_path / "own.css"
    file.write_text("a { color: red }" * 100)
    first = packed_of(file)
    assert first is not None
    assert packed_of(file) == first
    file.write_text("b { color: red }" * 101)
    second = packed_of(file)
    assert second is not None
    assert gzip.decompress(second.read_bytes()).startswith(b"b {")


def test_what_is_small_or_packed_already_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "tiny.css").write_text("a {}")
    (tmp_path / "picture.png").write_bytes(bytes(5_000))
    assert packed_of(tmp_path / "tiny.css") is None
    assert packed_of(tmp_path / "picture.png") is None


@pytest.mark.django_db
def test_a_page_comes_compressed_and_a_file_does_not(client: Client) -> None:
    page = client.get("/log-in/", headers=PACKED)
    assert page["Content-Encoding"] == "gzip"
    assert b"Log in" in gzip.decompress(page.content)
    schema = client.get("/api/v1/openapi.json", headers=PACKED)
    assert "Content-Encoding" not in schema
