"""Bodies that are meant to hurt: refused, within a second, and without filling the memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from batchadmin.lib.wire import WireError, json_read, xml_read

MB = 1024 * 1024
DEEP = 100_000
BOMB = (
    '<!DOCTYPE xml [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {one} "{f"&{before};" * 10}">' for before, one in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><xml><a>&i;</a></xml>"
)

HOSTILE: dict[str, tuple[Callable[..., object], bytes]] = {
    "entity bomb": (xml_read, BOMB.encode()),
    "quadratic bomb": (
        xml_read,
        f'<!DOCTYPE xml [<!ENTITY a "{"a" * 50_000}">]><xml>{"&a;" * 5_000}</xml>'.encode(),
    ),
    "external entity": (
        xml_read,
        b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><a>&a;</a></xml>',
    ),
    "external document type": (xml_read, b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml/>'),
    "deep xml": (xml_read, b"<xml>" + b"<a>" * DEEP + b"</a>" * DEEP + b"</xml>"),
    "deep xml without end": (xml_read, b"<xml>" + b"<a>" * DEEP),
    "a flood of elements": (xml_read, b"<xml>" + b"<a/>" * 2 * MB + b"</xml>"),
    "xml in a wrong charset": (xml_read, b'<?xml version="1.0" encoding="windows-1252"?><xml/>'),
    "xml that isn't utf-8": (xml_read, b"<xml><a>\xe9</a></xml>"),
    "xml with nul": (xml_read, b"<xml><a>\x00</a></xml>"),
    "xml with a number for nul": (xml_read, b"<xml><a>&#0;</a></xml>"),
    "xml with a surrogate": (xml_read, b"<xml><a>&#xD800;</a></xml>"),
    "xml with a huge number": (xml_read, b"<xml><a type='number'>" + b"9" * MB + b"</a></xml>"),
    "deep lists": (json_read, b'{"a": ' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "deep objects": (json_read, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "objects a little too deep": (json_read, b'{"a":' * 60 + b"1" + b"}" * 60),
    "deep lists without end": (json_read, b'{"a": ' + b"[" * DEEP),
    "repeated names": (json_read, b'{"trigger_id": 1, "trigger_id": 2}'),
    "repeated names inside": (json_read, b'{"content": {"a": 1, "a": 1}}'),
    "a repeated name after many": (
        json_read,
        ("{" + ",".join(f'"{n}":1' for n in range(50_000)) + ',"49999":1}').encode(),
    ),
    "a flood of objects": (json_read, b'{"a":[' + b"{}," * 3 * MB + b"{}]}"),
    "NaN": (json_read, b'{"a": NaN}'),
    "Infinity": (json_read, b'{"a": -Infinity}'),
    "a number that overflows": (json_read, b'{"a": 1e999}'),
    "a huge number": (json_read, b'{"a": ' + b"9" * MB + b"}"),
    "json in utf-16": (json_read, '{"a": "b"}'.encode("utf-16")),
    "json that isn't utf-8": (json_read, b'{"a": "\xe9"}'),
    "json with nul": (json_read, b'{"a": "x\\u0000"}'),
    "json with nul in a name": (json_read, b'{"x\\u0000": 1}'),
    "json with a lone surrogate": (json_read, b'{"a": "\\ud800"}'),
    "json with the other half": (json_read, b'{"a": ["\\udfff"]}'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_fast_and_small(name: str) -> None:
    read, body = HOSTILE[name]
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(WireError):
            read(body)
        took, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert took < 5  # seconds of processor time; what grows faster than the body takes minutes
    assert peak < 40 * len(body) + 8 * MB


@pytest.mark.parametrize("charset", ["windows-1252", "utf-16", "utf-7", "no-such-thing", "x\x00"])
@pytest.mark.parametrize(("read", "body"), [(json_read, b"{}"), (xml_read, b"<xml/>")])
def test_another_character_set_is_refused(read: Callable[..., object], body: bytes, charset: str) -> None:
    with pytest.raises(WireError, match="UTF-8"):
        read(body, charset)
