"""Our quicker templates draw what the framework's own draw, and fail where those fail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.template.engine import Engine as EngineClass
from django.test import override_settings
from django.urls import NoReverseMatch, get_script_prefix, reverse, set_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import override

from batchadmin.lib.routes import address
from batchadmin.lib.templating.loader import QuickTemplate

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "l10n": "django.templatetags.l10n",
    "ui": "batchadmin.lib.templatetags.ui",
}
FRAMEWORKS, OURS = "django.template.loaders.cached.Loader", "batchadmin.lib.templating.Loader"
OTHERS = {
    "frame.html": "<{% block title %}none{% endblock %}>{% block body %}{% endblock %}",
    "cell.html": "[{{ item }}{% if oob %} oob{% endif %}]",
    "link.html": '{% url "dashboard" program=slug as target %}{{ target }}',
}


class Thing:
    """Something that a template asks of."""

    name = "Zoë & <b>"
    safe = SafeString("<i>safe</i>")
    number = 1234567
    at = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
    rows = ["one", "two"]
    table = {"one": 1, "items": "its own"}

    def method(self) -> str:
        return "called"

    def wants(self, one: str) -> str:
        return one

    def delete(self) -> str:
        return "deleted"

    delete.alters_data = True  # type: ignore[attr-defined]

    @property
    def broken(self) -> str:
        raise AttributeError("inside")

    @property
    def absent(self) -> str:
        raise TemplateDoesNotExist("any")


DRAWN = [
    "{{ thing.name }}|{{ thing.safe }}|{{ thing.number }}|{{ thing.at }}|{{ thing.number|add:1 }}",
    "{{ missing }}|{{ thing.missing }}|{{ thing.missing.more }}|{{ missing|default:'none' }}|{{ None }}",
    "{{ thing.method }}|{{ thing.wants }}|{{ thing.delete }}|{{ maker.name }}",
    "{{ thing.rows.1 }}|{{ thing.rows.7 }}|{{ thing.table.one }}|{{ thing.table.items }}|{{ thing.table.absent }}",
    "{{ 'a<b' }}|{{ 'a<b'|upper }}|{{ 17 }}|{{ 1.5 }}|{{ _('Save') }}|{{ thing.name|safe }}|{{ thing.name|cut:' ' }}",
    "{% autoescape off %}{{ thing.name }}{% url 'dashboard' program=slug %}{% endautoescape %}",
    "{% for row in thing.rows %}{{ forloop.counter }}{{ forloop.last }}{{ row }},{% empty %}none{% endfor %}",
    "{% for row in missing %}{{ row }}{% empty %}none{% endfor %}{% for a, b in pairs.items %}{{ a }}{{ b }}{% endfor %}",
    "{% if thing.name and not missing %}yes{% elif missing %}no{% else %}else{% endif %}{% if a > 1 %}x{% endif %}",
    "{% with one=thing.rows.0 two=missing %}{{ one }}{{ two }}{% endwith %}{{ one }}",
    "{% translate 'Save' %}|{% translate '100% sure' %}|{% translate 'Save' as word %}{{ word }}",
    "{% translate thing.name %}|{% translate 'Save' noop %}|{% translate 'May' context 'month name' %}",
    "{% blocktranslate with name=thing.name %}Hi {{ name }}, 5% off{% endblocktranslate %}",
    "{% blocktranslate count n=thing.rows|length %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}",
    "{% blocktranslate trimmed asvar words %}\n  Two\n lines\n{% endblocktranslate %}{{ words }}",
    "{% url 'broadcast' program=slug pk=17 %}|{% url 'log-in' %}|{% url 'admin:index' %}",
    "{% url 'broadcast' program='not a slug' pk=17 as none %}[{{ none }}]",
    "{% include 'cell.html' with item=thing.name oob=1 %}{% include 'cell.html' with item=2 only %}",
    "{% for item in thing.rows %}{% include 'cell.html' %}{% endfor %}{% include name %}{% include 'link.html' %}",
    "{% extends 'frame.html' %}{% block title %}{{ block.super }} {{ thing.name }}{% endblock %}{% block body %}b{% endblock %}",
    "a{# left out #}b{% comment %}c{% endcomment %}d{% load ui %}e{% icon 'send' %}{% verbatim %}{{ f }}{% endverbatim %}",
    "{% cycle 'a' 'b' as turn %}{% cycle turn %}{% firstof missing thing.name %}{% spaceless %}<a> </a> <b>{% endspaceless %}",
    "{{ thing.number|amount }}|{{ thing.number|unlocalize }}|{{ form.field }}|{{ True }}|{{ block }}|{{ thing.table }}",
]  # fmt: skip
FAILING = [
    ("{{ thing.broken }}", AttributeError),
    ("{{ thing.absent }}", TemplateDoesNotExist),
    ("{% url 'nowhere' %}", NoReverseMatch),
    ("{% url 'broadcast' program='not a slug' pk=17 %}", NoReverseMatch),
    ("{% include 'absent.html' %}", TemplateDoesNotExist),
    ("{% for a, b in thing.rows %}{% endfor %}", ValueError),
    ("{% if %}{% endif %}", TemplateSyntaxError),
    ("{{ thing._hidden }}", TemplateSyntaxError),
    ("{{ thing|nosuchfilter }}", TemplateSyntaxError),
    ("a{{ b }}{% extends 'frame.html' %}", TemplateSyntaxError),
]


def engine(loader: str, source: str, **options: Any) -> EngineClass:
    """An engine with the templates above and this one, called "it"."""
    files = {**OTHERS, "it": source}
    builtins = list(LIBRARIES.values())
    return Engine(
        loaders=[(loader, [("django.template.loaders.locmem.Loader", files)])],
        libraries=LIBRARIES, builtins=builtins, **options,
    )  # fmt: skip


def context() -> Context:
    return Context(
        {
            "thing": Thing(),
            "maker": Thing,
            "pairs": {"x": "<"},
            "slug": "acme",
            "name": "cell.html",
            "a": None,
        }
    )


@pytest.mark.parametrize("source", DRAWN)
@pytest.mark.parametrize("invalid", ["", "no %s"])
def test_ours_draw_what_the_frameworks_draw(source: str, invalid: str) -> None:
    expected = engine(FRAMEWORKS, source, string_if_invalid=invalid).get_template("it").render(context())
    template = engine(OURS, source, string_if_invalid=invalid).get_template("it")
    assert isinstance(template, QuickTemplate)
    assert template.render(context()) == expected
    assert template.render(context()) == expected, "the second time differs"


@pytest.mark.parametrize(("source", "kind"), FAILING)
def test_ours_fail_where_the_frameworks_fail(source: str, kind: type[Exception]) -> None:
    for loader in (FRAMEWORKS, OURS):
        with pytest.raises(kind):
            engine(loader, source).get_template("it").render(context())


def test_words_are_kept_for_each_language() -> None:
    template = engine(OURS, "{% translate 'Monday' %}").get_template("it")
    with override_settings(LANGUAGES=[("en", "English"), ("de", "German")]):
        for _time in range(2):
            with override("de"):
                assert template.render(context()) == "Montag"
            with override("en"):
                assert template.render(context()) == "Monday"


def test_what_goes_wrong_while_developing_names_the_line() -> None:
    template = engine(OURS, "one\n{{ thing.broken }}", debug=True).get_template("it")
    with pytest.raises(AttributeError) as failure:
        template.render(context())
    assert failure.value.template_debug["line"] == 2  # type: ignore[attr-defined]


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
