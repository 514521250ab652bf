"""HTML of cells: escaped as the framework escapes it; and addresses of pages as `reverse` has them."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, get_script_prefix, reverse, set_script_prefix
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from batchadmin.lib.markup import markup
from batchadmin.lib.routes import address


@pytest.mark.parametrize(
    "value",
    [
        "<b>",
        "\"'&",
        "{} {0}",
        SafeString("<b>bold</b>"),
        1234,
        None,
        gettext_lazy("Monday"),
        ["<"],
        1.5,
        True,
    ],
)
def test_markup_is_what_the_framework_makes_of_it(value: object) -> None:
    form = '<a title="{}">{}</a>'
    made = markup(form, value, "Zoë <i>")
    assert made == format_html(form, value, "Zoë <i>")
    assert isinstance(made, SafeString)
    assert markup("{}", made) == made, "escaped twice"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dashboard", {"program": "acme"}),
        ("dashboard", {"program": SafeString("acme-2_x")}),
        ("broadcast", {"program": "acme", "pk": 0}),
        ("broadcast", {"pk": 90_017_000_001, "program": "zq-probe-0-qz"}),
        ("broadcast-recipient", {"program": "a", "pk": 17, "key": 17}),
        ("log-in", {}),
    ],
)
def test_an_address_is_what_reverse_makes_of_it(name: str, values: dict[str, object]) -> None:
    assert address(name, values) == reverse(name, kwargs=values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dashboard", {"program": "two words"}),
        ("dashboard", {"program": "größe"}),
        ("broadcast", {"program": "acme", "pk": "x"}),
        ("broadcast", {"program": "acme", "pk": -1}),
        ("broadcast", {"program": "acme"}),
        ("nowhere", {}),
    ],
)
def test_an_address_that_is_none_is_refused(name: str, values: dict[str, object]) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name, kwargs=values)
    with pytest.raises(NoReverseMatch):
        address(name, values)


def test_an_address_under_a_prefix_has_it() -> None:
    before = get_script_prefix()
    set_script_prefix("/below/")
    try:
        assert address("broadcast", {"program": "acme", "pk": 17}).startswith("/below/p/acme/")
    finally:
        set_script_prefix(before)
    assert address("broadcast", {"program": "acme", "pk": 17}).startswith("/p/acme/")
