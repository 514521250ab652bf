"""What pages weigh on the way: everything of a first load under 250 kB, a piece of a page under 15 kB."""

from __future__ import annotations

import gzip
import re
from functools import cache

import pytest
from django.test import Client

from tests.walk import addresses
from tests.walk.full import Site

FIRST_LOAD = 250_000
PIECE = 15_000
FILES = re.compile(r"""(?:href|src)="(/static/[^"#]+)""")
LIVE = re.compile(r'data-live-url="([^"]+)"')


def sent(client: Client, address: str, **headers: str) -> tuple[int, str]:
    """How many bytes the answer is, compressed as for a browser, and the same as text."""
    response = client.get(address, headers={"Accept-Encoding": "gzip", **headers})
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    plain = gzip.decompress(body) if response.get("Content-Encoding") == "gzip" else body
    return len(body), plain.decode()


@cache
def weight_of(address: str) -> int:
    """The bytes of a static file."""
    return sent(Client(), address)[0]


@pytest.fixture
def browser(client: Client, full_site: Site) -> Client:
    """The owner's."""
    client.force_login(full_site.member.user)
    return client


def test_no_page_and_no_piece_of_one_is_heavy(browser: Client, full_site: Site) -> None:
    heavy = []
    for address in addresses.pages_of(full_site):
        page, html = sent(browser, address)
        whole = page + sum(weight_of(file) for file in set(FILES.findall(html)))
        if whole > FIRST_LOAD:
            heavy.append(f"{address}: {whole:,} bytes")
        pieces = [("list", address)] if 'id="list"' in html else []
        pieces += [("live", found.replace("&amp;", "&")) for found in LIVE.findall(html)]
        for name, url in pieces:
            size, _text = sent(browser, url, **{"HX-Request": "true", "HX-Target": name})
            if size > PIECE:
                heavy.append(f"#{name} of {address}: {size:,} bytes")
    assert heavy == []
