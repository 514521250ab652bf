"""Nodes that are on every page many times, drawn in fewer steps. `QUICK` says which of the framework's each stands for."""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable
from typing import Any

from django.template.base import Node, Template, Token, Variable, VariableNode, render_value_in_context
from django.template.defaulttags import URLNode
from django.template.loader_tags import IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from batchadmin.lib.languages import language
from batchadmin.lib.routes import address

WORDS_OF = frozenset(inspect.signature(BlockTranslateNode).parameters)


class QuickValue(VariableNode):
    """`{{ value }}`: text is what it mostly is."""

    def render(self, context: Any) -> str:
        """The value, escaped."""
        try:
            value = self.filter_expression.resolve(context)
        except UnicodeDecodeError:  # as the framework does
            return ""
        if value.__class__ is SafeString:
            return value
        if value.__class__ is str and context.autoescape:
            return SafeString(html.escape(value))
        return render_value_in_context(value, context)


class QuickTranslate(Node):
    """`{% translate "words" %}`: the words in each language are kept."""

    child_nodelists = ()

    def __init__(self, words: str, name: str | None) -> None:
        self.words, self.name = words.replace("%", "%%"), name
        self.kept: dict[str | None, SafeString] = {}

    def render(self, context: Any) -> str:
        """The words, or nothing where they are given a name."""
        spoken = language()
        words = self.kept.get(spoken)
        if words is None:
            words = self.kept[spoken] = SafeString(gettext(self.words).replace("%%", "%"))
        if self.name is None:
            return words
        context[self.name] = words
        return ""


class QuickUrl(URLNode):
    """`{% url "page" program=program.slug %}`: filled into a form that is kept."""

    def render(self, context: Any) -> str:
        """The address, escaped, or nothing where it is given a name."""
        values = {name: value.resolve(context) for name, value in self.kwargs.items()}
        try:
            found = address(self.view_name.resolve(context), values)
        except NoReverseMatch:
            if self.asvar is None:
                raise
            found = ""
        if self.asvar is None:
            return conditional_escape(found) if context.autoescape else found
        context[self.asvar] = found
        return ""


class QuickInclude(IncludeNode):
    """`{% include "name" %}`: the template is looked up once."""

    found: Template | None = None

    def render(self, context: Any) -> SafeString:
        """The template with what it is given."""
        template = self.found
        if template is None:
            engine = context.template.engine
            template = self.found = engine.get_template(self.template.resolve(context))
        values = {name: value.resolve(context) for name, value in self.extra_context.items()}
        if self.isolated_context:
            return template.render(context.new(values))
        with context.push(**values):
            return template.render(context)


class QuickWords(BlockTranslateNode):
    """`{% blocktranslate %}`: its words are put together once."""

    def render_token_list(self, tokens: list[Token]) -> tuple[str, list[str]]:
        """The message with its places, and the names of those."""
        kept: dict[int, tuple[str, list[str]]] = self.__dict__.setdefault("kept", {})
        found = kept.get(id(tokens))
        if found is None:
            found = kept[id(tokens)] = super().render_token_list(tokens)
        message, names = found
        return message, list(names)


def _value(node: VariableNode) -> Node:
    return QuickValue(node.filter_expression)


def _translate(node: TranslateNode) -> Node:
    expression = node.filter_expression
    is_fixed = isinstance(expression.var, Variable) and isinstance(expression.var.literal, str)
    if not is_fixed or expression.filters or node.noop or node.message_context:
        return node
    return QuickTranslate(expression.var.literal, node.asvar)


def _url(node: URLNode) -> Node:
    is_plain = isinstance(node.view_name.var, str) and ":" not in node.view_name.var and not node.args
    return QuickUrl(node.view_name, node.args, node.kwargs, node.asvar) if is_plain else node


def _include(node: IncludeNode) -> Node:
    name = node.template.var
    if not isinstance(name, str) or node.template.filters or name.startswith("."):
        return node
    return QuickInclude(
        node.template, extra_context=node.extra_context, isolated_context=node.isolated_context
    )


def _words(node: BlockTranslateNode) -> Node:
    return QuickWords(**{name: value for name, value in vars(node).items() if name in WORDS_OF})


QUICK: dict[type[Node], Callable[[Any], Node]] = {
    VariableNode: _value,
    TranslateNode: _translate,
    URLNode: _url,
    IncludeNode: _include,
    BlockTranslateNode: _words,
}
