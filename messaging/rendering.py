"""From a template's source to the text that one person gets: checked once, compiled once, rendered for each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from liquid import BoundTemplate
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path, PositionalArgument, StringLiteral
from liquid.exceptions import LiquidError, UndefinedError
from liquid.span import Span
from liquid.stringify import to_liquid_string

from .safe_liquid import ENVIRONMENT, HTML_ENVIRONMENT, MissingValue, SafeEnvironment, SafeOutputNode
from .variables import KNOWN, Known, Values

LONGEST_SOURCE = 100_000
BUILT_IN = {"now", "today", "forloop"}

Render = Callable[[Values], str]


class TemplateFault(Exception):
    """A source that can't be used; the text says where and what to do. `field` is "subject", "body" or "html"."""

    def __init__(self, words: str, field: str = "body") -> None:
        super().__init__(words)
        self.field = field


class CannotRender(Exception):
    """This person can't be sent the message: `reason` is a code of the table of reasons, `detail` says what it was about."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)  # not frozen, as what is made for each message: that takes three times as long
class Text:
    """What one person gets."""

    subject: str
    body: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class CompiledMessage:
    """A message's source, ready to be rendered any number of times."""

    subject: Render
    body: Render
    requires: frozenset[tuple[str, ...]] = (
        frozenset()
    )  # what it surely can't do without, as far as is plain to see
    html: Render | None = None
    uses: frozenset[str] = frozenset()  # the groups of variables that occur in it

    def render(self, values: Values) -> Text:
        """The message for these values; raises CannotRender when one is missing, or when it can't be made."""
        return Text(
            subject=rendered(self.subject, values),
            body=rendered(self.body, values),
            html=rendered(self.html, values) if self.html else "",
        )


def message_compile(*, subject: str, body: str, html: str = "", known: Known = KNOWN) -> CompiledMessage:
    """Check and compile the texts, which may use the `known` variables; raises TemplateFault, whose words name the line.

    Values are escaped in the HTML, so that nobody's profile becomes part of it.
    """
    # A subject is one line, whatever was pasted: a line break in it would be the start of another header.
    subject_render, subject_requires = compiled(" ".join(subject.split()), "subject", known)
    body_render, body_requires = compiled(body.replace("\r\n", "\n"), "body", known)
    requires = subject_requires | body_requires
    html_render = None
    if html.strip():
        html_render, html_requires = compiled(html.replace("\r\n", "\n"), "html", known, HTML_ENVIRONMENT)
        requires |= html_requires
    uses = frozenset(group for group in known if re.search(rf"\b{group}\b", f"{subject} {body} {html}"))
    return CompiledMessage(subject_render, body_render, requires, html_render, uses)


def rendered(render: Render, values: Values) -> str:
    """What `render` makes of the values; raises CannotRender for whatever stands in the way."""
    try:
        return render(values)
    except UndefinedError as missing:
        raise CannotRender(
            "missing_variable", str(missing.message).removesuffix(" is undefined")
        ) from missing
    except (LiquidError, ArithmeticError, ValueError, TypeError, RecursionError) as error:
        words = getattr(error, "message", None) or error
        raise CannotRender("cannot_render", str(words)[:300]) from error


def compiled(
    source: str, field: str, known: Known = KNOWN, environment: SafeEnvironment = ENVIRONMENT
) -> tuple[Render, frozenset[tuple[str, ...]]]:
    """A function that renders the source, and the paths that it needs; raises TemplateFault if the source is wrong."""
    template = parsed(source, field, environment)
    check_names(template, source, field, known)
    parts = [plain_part(node, known) for node in template.nodes]
    requires = frozenset(part[0] for part in parts if isinstance(part, tuple) and part[1] is None)
    # The short way writes values as they are, which HTML must not.
    if environment.autoescape or any(part is None for part in parts):
        return template.render, requires
    return joined([part for part in parts if part is not None], template), requires


def parsed(source: str, field: str, environment: SafeEnvironment = ENVIRONMENT) -> BoundTemplate:
    """The source as a template; raises TemplateFault with the line of what doesn't parse."""
    if len(source) > LONGEST_SOURCE:
        raise TemplateFault(_("This is longer than 100,000 characters."), field)
    try:
        return environment.from_string(source)
    except LiquidError as error:
        words = str(error.message)
        raise TemplateFault(at_line(source, place_of(error, source, words), words), field) from error


def place_of(error: LiquidError, source: str, words: str) -> int | None:
    """Where in the source the error is; for what is only noticed at the end, where it began. None if nobody knows."""
    if error.token is not None and 0 <= error.token.start_index < len(source):
        return error.token.start_index
    unclosed = re.search(r"expected tag end(\w+)", words)
    began = re.compile(r"\{%-?\s*" + unclosed[1] if unclosed else r"\{\{-?\s*-?\}\}")
    places = [found.start() for found in began.finditer(source)]
    return places[-1] if places else None


def at_line(source: str, index: int | None, words: str) -> str:
    """The words with the number of the line that they are about, if it is known."""
    words = words[:1].lower() + words[1:]
    if index is None:
        return _("Can't be read: %(words)s.") % {"words": words}
    line = source.count("\n", 0, index) + 1
    return _("Line %(line)s: %(words)s.") % {"line": line, "words": words}


def check_names(template: BoundTemplate, source: str, field: str, known: Known) -> None:
    """Raise TemplateFault for a variable or a filter that doesn't exist; a near one is offered."""
    analysis = template.analyze(include_partials=False)
    for name, spans in analysis.filters.items():
        if name not in ENVIRONMENT.filters:
            words = _("Line %(line)s: no filter “%(name)s”.")
            raise TemplateFault(unknown_words(words, source, spans[0], name, ENVIRONMENT.filters), field)
    for variables in analysis.globals.values():
        for variable in variables:
            names = [segment for segment in variable.segments if isinstance(segment, str)]
            wrong = unknown_name(names, known)
            if wrong is not None:
                words = _("Line %(line)s: no variable “%(name)s”.")
                raise TemplateFault(unknown_words(words, source, variable.span, *wrong), field)


def unknown_name(names: list[str], known: Known) -> tuple[str, Iterable[str]] | None:
    """The first of a path's names that doesn't exist, and those that do in its place; None if all exist."""
    if not names or names[0] in BUILT_IN:
        return None
    if names[0] not in known:
        below = {name for group in known.values() for name in group}
        whole = [f"{group}.{name}" for group, inner in known.items() for name in inner if name == names[0]]
        return names[0], whole or [*known, *below]
    group = known[names[0]]
    if group and len(names) > 1 and names[1] not in group:
        return names[1], group
    return None


def unknown_words(words: str, source: str, span: Span, name: str, known: Iterable[str]) -> str:
    """Which name is wrong, in which line, and what was probably meant."""
    words %= {"line": source.count("\n", 0, span.index) + 1, "name": name}
    choices = list(known)
    near = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    near = near or [choice for choice in choices if choice.endswith(f".{name}")][:1]
    return words + (" " + _("Did you mean %(near)s?") % {"near": near[0]} if near else "")


# --- The short way ------------------------------------------------------------------------------------------------------
# Most messages are text with plain outputs, perhaps with a default. Those need no interpreter: 2 µs instead of 50.

Part = str | tuple[tuple[str, ...], str | None]


def plain_part(node: Any, known: Known) -> Part | None:
    """A node as text, or as (path, default); None if it takes Liquid itself."""
    if type(node) is ContentNode:
        return node.text
    if type(node) is not SafeOutputNode or type(node.expression) is not FilteredExpression:
        return None
    left, filters = node.expression.left, node.expression.filters or []
    if type(left) is not Path or not all(isinstance(segment, str) for segment in left.path):
        return None
    path = tuple(str(segment) for segment in left.path)
    if len(path) < 2 or path[0] not in known:
        return None
    if not filters:
        return path, None
    default = plain_default(filters)
    return None if default is None else (path, default)


def plain_default(filters: list[Any]) -> str | None:
    """The text of a lone `default: "text"`; None for any other filter."""
    if len(filters) != 1 or filters[0].name != "default" or len(filters[0].args) != 1:
        return None
    argument = filters[0].args[0]
    if type(argument) is not PositionalArgument or type(argument.value) is not StringLiteral:
        return None
    return str(argument.value.value)


def joined(parts: list[Part], template: BoundTemplate) -> Render:
    """A function that puts the parts together, and leaves to Liquid what turns out not to be plain."""
    if all(isinstance(part, str) for part in parts):
        text = "".join(str(part) for part in parts)
        return lambda values: text

    def render(values: Values) -> str:
        pieces: list[str] = []
        for part in parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = looked_up(values, part)
            if value is None:
                return template.render(values)
            pieces.append(value)
        return "".join(pieces)

    return render


def looked_up(values: Values, part: tuple[tuple[str, ...], str | None]) -> str | None:
    """The value of a path as text, or its default; None if Liquid has to decide. Raises MissingValue."""
    path, default = part
    value: Any = values
    for depth, name in enumerate(path, start=1):
        if type(value) is not dict:
            return None
        value = value.get(name)
        if value is None or value == "" or value == []:
            if default is not None:
                return default
            raise MissingValue(".".join(path[:depth]), token=None)
    if type(value) is str:
        return value
    # What `default` makes of false or of an empty group, and what can't be written, is Liquid's business.
    return None if default is not None or isinstance(value, dict) else to_liquid_string(value, False)
