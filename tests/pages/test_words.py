"""Every word that a template shows can be translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
# The same in every language: our name, kinds of files, what stands on keys.
SAME = {"Batchadmin", "CSV", "XLSX", "Ctrl", "Enter", "Shift", "Esc"}

NOT_SHOWN = re.compile(
    r"\{#.*?#\}|\{% comment .*?\{% endcomment %\}|\{% block body_class %\}.*?\{% endblock %\}"
    r"|<!.*?>|<(script|style|pre|code)\b.*?</\1>|&\w+;",
    re.DOTALL,
)
TRANSLATED = re.compile(r"\{% blocktranslate\b.*?\{% endblocktranslate %\}", re.DOTALL)
PUT_IN = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
SPOKEN = re.compile(r'\b(?:aria-label|title|placeholder|alt|data-label)="([^"]*)"')
TAG = re.compile(r"<[^<>]*>")
WORD = re.compile(r"[^\W\d_]{2,}")


def literal_words(template: str) -> Iterator[str]:
    """The words between and in tags that stand there as they are."""
    shown = PUT_IN.sub("", TRANSLATED.sub("", NOT_SHOWN.sub("", template)))
    for text in [*TAG.split(shown), *SPOKEN.findall(shown)]:
        yield from (word for word in WORD.findall(text) if word not in SAME)


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_a_template_says_nothing_that_cannot_be_translated(path: Path) -> None:
    assert list(literal_words(path.read_text())) == []


@pytest.mark.parametrize(
    "slip", ["<p>Hello {{ name }}</p>", '<a aria-label="Close">×</a>', "<p>{% translate 'Yes' %} but</p>"]
)
def test_a_slip_is_found(slip: str) -> None:
    assert list(literal_words(slip))
