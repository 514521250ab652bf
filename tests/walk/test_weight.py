"""What pages cost: everything of a first load under 250 kB on the way, a piece of a page under 15 kB; few queries.

How long the server takes for them, and in a database with a great deal in it, `script/bench pages` measures.
"""

from __future__ import annotations

import gzip
import re
from functools import cache

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from tests.walk import addresses
from tests.walk.asking import MOST, QUERIES, UNCOUNTED
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


def test_no_page_and_no_piece_of_one_costs_much(browser: Client, full_site: Site) -> None:
    browser.get(full_site.address("dashboard"))  # what is asked or written once only
    heavy: list[str] = []
    counting: list[str] = []
    asked: dict[str, int] = {}

    def opened(name: str, address: str, **headers: str) -> tuple[int, str]:
        with CaptureQueriesContext(connection) as queries:
            found = sent(browser, address, **headers)
        # Whether workers are alive is asked only where something has stood still for a while.
        told = [query["sql"] for query in queries if "batches_workerlease" not in query["sql"]]
        asked[name] = max(len(told), asked.get(name, 0))
        if name in UNCOUNTED and "who=all" not in address:
            counting.extend(f"{address}: {sql}" for sql in told if "COUNT(" in sql)
        return found

    for address in addresses.pages_of(full_site):
        name = str(resolve(address.partition("?")[0]).url_name)
        page, html = opened(name, address)
        whole = page + sum(weight_of(file) for file in set(FILES.findall(html)))
        if whole > FIRST_LOAD:
            heavy.append(f"{address}: {whole:,} bytes")
        pieces = [("list", address)] if 'id="list"' in html else []
        pieces += [("live", found.replace("&amp;", "&")) for found in LIVE.findall(html)]
        for piece, url in pieces:
            size, _text = opened(f"{name}, {piece}", url, **{"HX-Request": "true", "HX-Target": piece})
            if size > PIECE:
                heavy.append(f"#{piece} of {address}: {size:,} bytes")
    assert heavy == []
    assert counting == []
    assert max(QUERIES.values()) <= MOST
    more = {name: number for name, number in asked.items() if number > QUERIES.get(name, 0)}
    assert more == {}
    assert asked.keys() == QUERIES.keys()
