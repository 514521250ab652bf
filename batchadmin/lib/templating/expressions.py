"""Values in templates, `{{ batch.program.name|upper }}`, looked up without exceptions where a name isn't there."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.template.base import FilterExpression, Parser, Variable, VariableDoesNotExist
from django.template.context import BaseContext
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]

HELD = "quick value"  # no name in a template has a space
NOTHING: dict[str, bool] = {}


class QuickVariable(Variable):
    """A name with what is asked of it, step by step. Each step that isn't plain is left to the framework."""

    def _resolve_lookup(self, context: Any) -> Any:
        bits: tuple[str, ...] = self.lookups  # type: ignore[assignment]
        for layer in reversed(context.dicts):
            if bits[0] in layer:
                found = layer[bits[0]]
                break
        else:
            if hasattr(context, bits[0]):
                return super()._resolve_lookup(context)  # type: ignore[misc]
            raise VariableDoesNotExist("Failed lookup for key [%s] in %r", (bits[0], context))
        if len(bits) == 1:
            return rest_of(context, found, ()) if callable(found) else found
        for place, bit in enumerate(bits[1:], 1):
            try:
                found = _step(found, bit)
            except Exception:  # the framework tries in its own way, and says what is wrong
                return rest_of(context, found, bits[place:])
        return rest_of(context, found, ()) if callable(found) else found


def _step(value: Any, bit: str) -> Any:
    """One step from a value, if it's a plain one; else raises an exception."""
    if value.__class__ is dict:
        return value[bit]
    if callable(value) or hasattr(type(value), "__getitem__"):
        raise TypeError
    return getattr(value, bit)


def rest_of(context: BaseContext, value: Any, bits: tuple[str, ...]) -> Any:
    """What the framework finds when it goes on from this value."""
    with context.push(**{HELD: value}):
        return _rest(bits)._resolve_lookup(context)  # type: ignore[attr-defined]


@lru_cache(maxsize=5_000)
def _rest(bits: tuple[str, ...]) -> Variable:
    rest = Variable(HELD)
    rest.lookups = (HELD, *bits)
    return rest


class QuickExpression(FilterExpression):
    """A value and its filters, of which is known beforehand what they want."""

    __slots__ = ("steps",)

    def __init__(self, token: str, parser: Parser) -> None:
        super().__init__(token, parser)
        if self.is_var:
            self.var = QuickVariable(self.var.var)
        self.steps: list[tuple[Any, list[tuple[bool, Any]], bool, bool, bool]] = [
            (
                function,
                [
                    (True, QuickVariable(one.var)) if is_name else (False, SafeString(one))
                    for is_name, one in given
                ],
                getattr(function, "expects_localtime", False),
                getattr(function, "needs_autoescape", False),
                getattr(function, "is_safe", False),
            )
            for function, given in self.filters
        ]

    def resolve(self, context: Any, ignore_failures: bool = False) -> Any:
        """The value; of a name that isn't there None, or what the settings say."""
        value = self.var
        if self.is_var:
            try:
                value = value.resolve(context)
            except VariableDoesNotExist:
                if ignore_failures:
                    value = None
                else:
                    value = context.template.engine.string_if_invalid
                    if value:
                        return value % self.var if "%s" in value else value
        for function, given, is_local, is_escaping, is_safe in self.steps:
            arguments = [one.resolve(context) if is_name else one for is_name, one in given]
            if is_local:
                value = template_localtime(value, context.use_tz)
            named = {"autoescape": context.autoescape} if is_escaping else NOTHING
            new = function(value, *arguments, **named)
            value = mark_safe(new) if is_safe and isinstance(value, SafeData) else new  # noqa: S308 (as the framework)
        return value
