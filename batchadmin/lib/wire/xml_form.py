"""Documents in XML: `<xml>` holds what the JSON object would, one element a name.

An element with text is a text, one with elements an object; elements of the same name beside each other are a list.
What that can't say is said by a `type`: number, boolean, null, object, list (its parts are `<item>`s). A name that is no
XML name is written `<field name="…">`. Read by defusedxml: no document type, so no entities and nothing external.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from django.utils.translation import gettext as _

from batchadmin.lib.strict_json import DEEPEST, MOST_CONTAINERS

from .documents import (
    Document,
    Value,
    WireError,
    check_charset,
    number_read,
    object_of,
    text_read,
    too_deep,
)

ROOT, ITEM, FIELD = "xml", "item", "field"
TYPES = ("string", "number", "boolean", "null", "object", "list")
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
PLAIN_NAME = re.compile(r"(?!xml)[A-Za-z_][A-Za-z0-9_.-]*", re.IGNORECASE)
ENCODING = re.compile(r"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
# What XML 1.0 can't hold at all.
IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LINE_ENDS = {"\r": "&#13;"}
ATTRIBUTE_ENDS = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def xml_read(body: bytes, charset: str = "", *, lists: Collection[str] = ()) -> Document:
    """The document in the body; raises WireError.

    An element right below the root that `lists` names is a list also when it stands alone.
    """
    text = text_read(body, charset)
    declared = ENCODING.match(text.lstrip())
    if declared:
        check_charset(declared[1])
    if text.count("</") + text.count("/>") > MOST_CONTAINERS:
        raise WireError(_("The body has too many values. Send it in parts."))
    builder = _Builder(frozenset(lists))
    try:
        parser = DefusedXMLParser(target=builder, encoding="utf-8", forbid_dtd=True)
        parser.feed(text.encode())
        value = parser.close()
    except DefusedXmlException:
        raise WireError(_("A document type, entities and external references are not read.")) from None
    except ParseError as error:
        line, column = error.position
        words = _("This is not XML: line %(line)s, column %(column)s.")
        raise WireError(words % {"line": line, "column": column + 1}) from None
    return object_of(value)


class _Element:
    """An element that has begun."""

    __slots__ = ("name", "parts", "text", "type")

    def __init__(self, name: str, type_: str) -> None:
        self.name, self.type = name, type_
        self.text: list[str] = []
        self.parts: dict[str, list[Value]] = {}


class _Builder:
    """What the parser tells of the text, made into values on the way, so that no tree is ever held beside them."""

    def __init__(self, lists: frozenset[str]) -> None:
        self._lists = lists
        self._open: list[_Element] = []
        self._root: Value = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if len(self._open) > DEEPEST:
            raise too_deep()
        if not self._open and tag != ROOT:
            raise WireError(_("The root element must be <xml>."))
        name = attributes.get("name", "") if tag == FIELD and "name" in attributes else tag
        self._open.append(_Element(name, attributes.get("type", "")))

    def data(self, text: str) -> None:
        """Text, or a part of it."""
        self._open[-1].text.append(text)

    def end(self, _tag: str) -> None:
        """The element that began last ends."""
        element = self._open.pop()
        is_plain = not (element.parts or element.type) and self._open
        value = "".join(element.text) if is_plain else self._value(element, is_root=not self._open)
        if self._open:
            self._open[-1].parts.setdefault(element.name, []).append(value)
        else:
            self._root = value

    def close(self) -> Value:
        """The whole."""
        return self._root

    def _value(self, element: _Element, *, is_root: bool) -> Value:
        text = "".join(element.text)
        type_ = element.type or ("object" if element.parts or is_root else "string")
        if type_ not in TYPES:
            words = _("“%(type)s” is no type; there are: %(types)s.")
            raise WireError(words % {"type": type_[:40], "types": ", ".join(TYPES)})
        if type_ in ("object", "list"):
            if text.strip():
                raise WireError(_("<%(name)s> holds text beside elements.") % {"name": element.name[:80]})
            return self._object(element) if type_ == "object" else _list(element)
        if element.parts:
            words = _("<%(name)s> is a %(type)s and can't hold elements.")
            raise WireError(words % {"name": element.name[:80], "type": type_})
        return READERS[type_](text)

    def _object(self, element: _Element) -> Document:
        return {
            name: values if len(values) > 1 or (not self._open and name in self._lists) else values[0]
            for name, values in element.parts.items()
        }


def _list(element: _Element) -> list[Value]:
    if set(element.parts) - {ITEM}:
        raise WireError(_("<%(name)s> is a list: its parts are <item>s.") % {"name": element.name[:80]})
    return element.parts.get(ITEM, [])


def _boolean(text: str) -> bool:
    try:
        return BOOLEANS[text.strip().lower()]
    except KeyError:
        raise WireError(_("“%(text)s” is neither true nor false.") % {"text": text[:40]}) from None


READERS: dict[str, Callable[[str], Value]] = {
    "string": str,
    "number": lambda text: number_read(text.strip()),
    "boolean": _boolean,
    "null": lambda _text: None,
}


# --- Writing ------------------------------------------------------------------------------------------------------------


def xml_write(document: Document, *, lists: Collection[str] = (), typed: bool = True) -> bytes:
    """The document in XML, with `lists` as in `xml_read`. Characters that XML can't hold become U+FFFD.

    `typed` writes the type of what would otherwise be read as text; without it the XML is plainer, and all leaves of
    it are texts.
    """
    return "".join(["<xml>", *_fields(document, typed, lists), "</xml>"]).encode()


def _fields(document: Document, typed: bool, lists: Collection[str] = ()) -> Iterator[str]:
    for name, value in document.items():
        repeats = isinstance(value, list) and (name in lists or len(value) > 1)
        for part in value if repeats else [value]:
            yield from _element(name, part, typed)


def _element(name: str, value: Value, typed: bool) -> Iterator[str]:
    is_plain = PLAIN_NAME.fullmatch(name) is not None and name != FIELD
    tag = name if is_plain else FIELD
    begin = f"<{tag}" if is_plain else f"<{tag} name={quoteattr(_possible(name), ATTRIBUTE_ENDS)}"
    type_ = _type(value) if typed else ""
    yield f'{begin} type="{type_}">' if type_ else f"{begin}>"
    if isinstance(value, dict):
        yield from _fields(value, typed)
    elif isinstance(value, list):
        for part in value:
            yield from _element(ITEM, part, typed)
    else:
        yield _leaf(value)
    yield f"</{tag}>"


def _type(value: Value) -> str:
    """The type that has to be said because an element wouldn't show it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "list"
    return "object" if value == {} else ""


def _leaf(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_possible(str(value)), LINE_ENDS)


def _possible(text: str) -> str:
    return IMPOSSIBLE.sub("\ufffd", text)
