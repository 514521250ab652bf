"""The forms that a page has, as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit


@dataclass
class Form:
    """Where a form goes, and its fields with what stands in them; of a field that is there several times, the last."""

    action: str
    fields: dict[str, Any] = field(default_factory=dict)


def forms_of(html: str, page: str) -> list[Form]:
    """The forms of a page that are sent by POST."""
    reader = _Reader(page)
    reader.feed(html)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found = page, []
        self.form: Form | None = None
        self.select: str | None = None

    found: list[Form]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            action = urlsplit(urljoin(self.page, told.get("action") or ""))
            self.form = Form(action.path + (f"?{action.query}" if action.query else ""))
            if (told.get("method") or "").lower() == "post":
                self.found.append(self.form)
        elif self.form is not None:
            self._field(tag, told)

    def _field(self, tag: str, told: dict[str, str | None]) -> None:
        assert self.form is not None
        name = told.get("name")
        if tag == "select":
            self.select = name
            self.form.fields.setdefault(name or "", "")
        elif tag == "option" and self.select and (told.get("value") or "").strip():
            current = self.form.fields.get(self.select)
            if not current or "selected" in told:
                self.form.fields[self.select] = told["value"]
        elif name and tag in ("input", "textarea") and name != "csrfmiddlewaretoken":
            is_box = told.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in told or name not in self.form.fields:
                self.form.fields[name] = told.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
