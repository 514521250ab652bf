"""Liquid that can be trusted with other people's templates: no files, no endless loops, no bombs, nothing silently empty.

A missing value (absent, None, or an empty text or list) may be asked about (`if`) and may have a `default`; written out
it raises `MissingValue`, because nobody is ever to be sent "Hi ,".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TextIO

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.logical import EqExpression, NeExpression, _eq
from liquid.builtin.expressions.primitive import Blank, Empty
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.undefined import StrictUndefined

MOST_CHARACTERS = 200_000  # in one rendered text
MOST_LOOPS = 2_000
MOST_KEPT = 100_000  # bytes in variables of the template's own
# "safe" would let what somebody wrote into a profile become part of our HTML.
FORBIDDEN_FILTERS = frozenset({"safe"})
FORBIDDEN_TAGS = ("include", "render", "tablerow", "increment", "decrement", "ifchanged")


class TooMuchText(ResourceLimitError):
    """A filter would fill the memory."""


class MissingValue(UndefinedError):
    """A value that the message wants is missing and has no default; the text is its name."""


class Missing(StrictUndefined):
    """Stands for a value that isn't there: false when asked, replaced by a default, an error when written out."""

    force_liquid_default = True
    allowed_properties = StrictUndefined.allowed_properties | {
        "__bool__",
        "__eq__",
        "__liquid__",
        "__class__",
        "__getitem__",
        "__hash__",
        "_refuse",
    }

    def _refuse(self) -> NoReturn:
        raise MissingValue((self.hint or self.name).removesuffix(" is undefined"), token=self.token)

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or other is False or other == "" or isinstance(other, Missing)

    def __hash__(self) -> int:
        return hash(self.name)

    def __getitem__(self, key: object) -> Missing:
        return self

    def __str__(self) -> str:
        self._refuse()

    def __len__(self) -> int:
        self._refuse()

    def __iter__(self) -> NoReturn:
        self._refuse()

    def __reversed__(self) -> NoReturn:
        self._refuse()

    def __contains__(self, item: object) -> bool:
        return False

    def __int__(self) -> int:
        self._refuse()


class SafeContext(RenderContext):
    """Looks values up: what is empty is missing, and `size`, `first` and `last` of a group are ordinary names in it."""

    def get_item(self, obj: Any, key: Any) -> Any:
        """The part `key` of `obj`; raises KeyError when it's missing."""
        found = obj[key] if isinstance(obj, Mapping) else super().get_item(obj, key)
        if found is None or found == "" or found == []:
            raise KeyError(key)
        return found


class SafeOutputNode(OutputNode):
    """`{{ … }}`: writes a value, but never a whole group of them, which would be data, not words."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the value; raises LiquidError for a group."""
        try:
            value = self.expression.evaluate(context)
        except ResourceLimitError as limit:
            placed(limit, self)
            raise
        if isinstance(value, Mapping) and not isinstance(value, StrictUndefined):
            words = _("“%(name)s” is a group; name one of its parts") % {"name": self.expression}
            raise LiquidError(words, token=self.token)
        return buffer.write(to_liquid_string(value, context.autoescape))


class SafeOutput(Output):
    """The tag behind `{{ … }}`."""

    node_class = SafeOutputNode


class Lined(Node):
    """A tag that a limit which comes up in it is told to be of, also where others stand around it."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """What the tag itself writes or keeps; raises ResourceLimitError with the tag's place."""
        try:
            return super().render_to_output(context, buffer)  # type: ignore[safe-super]
        except ResourceLimitError as limit:
            placed(limit, self)
            raise


class LinedForNode(Lined, ForNode):
    """`{% for … %}`."""

    __slots__ = ()


class LinedAssignNode(Lined, AssignNode):
    """`{% assign … %}`."""

    __slots__ = ()


LINED: Mapping[type[Node], type[Node]] = {ForNode: LinedForNode, AssignNode: LinedAssignNode}


def placed(limit: ResourceLimitError, node: Node) -> None:
    """Note the place of the innermost tag that it came up in."""
    limit.token = limit.token or node.token


class SafeEq(EqExpression):
    """`a == b`, where what is missing equals nil, an empty text, `empty` and `blank`."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        """Whether both sides are the same."""
        return same(self.left.evaluate(context), self.right.evaluate(context))


class SafeNe(NeExpression):
    """`a != b`, the opposite of `a == b`."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        """Whether the sides differ."""
        return not same(self.left.evaluate(context), self.right.evaluate(context))


def same(left: object, right: object) -> bool:
    """Whether two values are the same to a message's author."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Missing):
            return other is None or other == "" or isinstance(other, (Missing, Blank, Empty))
    return bool(_eq(left, right))


def comparisons_mended(expression: Expression) -> None:
    """Have every comparison within an expression treat what is missing as empty."""
    if type(expression) is EqExpression:
        expression.__class__ = SafeEq
    elif type(expression) is NeExpression:
        expression.__class__ = SafeNe
    for child in expression.children():
        comparisons_mended(child)


def nodes_mended(node: Node, context: RenderContext) -> None:
    """The same for a tag and all that stands inside it."""
    node.__class__ = LINED.get(type(node), type(node))
    for expression in node.expressions():
        comparisons_mended(expression)
    for child in node.children(context):
        nodes_mended(child, context)


class SafeTemplate(BoundTemplate):
    """A template that is rendered in a `SafeContext`."""

    context_class = SafeContext

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        context = SafeContext(self)
        for node in self.nodes:
            nodes_mended(node, context)


class SafeEnvironment(Environment):
    """The one configuration of Liquid that messages are written in."""

    template_class = SafeTemplate
    loop_iteration_limit = MOST_LOOPS
    output_stream_limit = MOST_CHARACTERS
    local_namespace_limit = MOST_KEPT
    block_nesting_limit = 15

    def __init__(self, *, autoescape: bool = False) -> None:
        super().__init__(undefined=Missing, strict_filters=True, autoescape=autoescape)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Leave out what reads files or other templates, and guard every filter."""
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(SafeOutput)
        for name in FORBIDDEN_TAGS:
            self.tags.pop(name, None)
        self.filters = {
            name: guarded(name, function)
            for name, function in self.filters.items()
            if name not in FORBIDDEN_FILTERS
        }


def guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, refusing to begin what would fill the memory, and refusing a missing value (except `default`)."""

    def safe(value: Any, *args: Any, **kwargs: Any) -> Any:
        if name != "default" and isinstance(value, Missing):
            str(value)
        if weight(name, value, args) > MOST_CHARACTERS:
            raise TooMuchText(_("“%(name)s” would make too much text") % {"name": name}, token=None)
        return function(value, *args, **kwargs)

    for mark in ("with_context", "with_environment"):
        if hasattr(function, mark):
            setattr(safe, mark, getattr(function, mark))
    return safe


def weight(name: str, value: Any, args: tuple[Any, ...]) -> int:
    """About how much a filter would make of these arguments, in characters or elements."""
    most = max((size_of(part) for part in (value, *args)), default=0)
    if name.startswith("replace") and len(args) == 2:
        return most + str(value).count(str(args[0])) * size_of(args[1])
    if name == "join" and args:
        return most + size_of(value) * size_of(args[0])
    return most


def size_of(part: Any) -> int:
    """Characters of a text, elements of a list or range, digits (at most) of a whole number."""
    if isinstance(part, Missing):
        return 0
    if isinstance(part, str | list | tuple | dict):
        return len(part)
    if isinstance(part, range):
        # len() of a range overflows beyond the machine's word.
        return max(0, (part.stop - part.start) // part.step)
    return part.bit_length() // 3 if isinstance(part, int) else 0


ENVIRONMENT = SafeEnvironment()
# For HTML: the same, and whatever comes out of a variable is escaped.
HTML_ENVIRONMENT = SafeEnvironment(autoescape=True)
