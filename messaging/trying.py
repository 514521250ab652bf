"""A message is tried before it is kept: what goes around for ever or eats memory is said to whoever writes it, with the line."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from liquid.exceptions import (
    LiquidError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    ResourceLimitError,
)

from batchadmin.lib.templatetags.ui import amount

from .rendering import TemplateFault, at_line, parsed
from .safe_liquid import ENVIRONMENT, HTML_ENVIRONMENT, MOST_CHARACTERS, MOST_LOOPS, SafeEnvironment
from .variables import KNOWN, Known


class Sample(dict[str, Any]):
    """Has a value for every name."""

    def __missing__(self, key: str) -> str:
        return "Sample"


def message_try(*, subject: str, body: str, html: str = "", known: Known = KNOWN) -> None:
    """Render texts that compile for somebody who has every value, and for somebody who has none.

    Raises TemplateFault for one that comes to a limit of rendering. What else stands in the way is that person's reason, not the
    author's fault.
    """
    _try(" ".join(subject.split()), "subject", known, ENVIRONMENT)
    _try(body.replace("\r\n", "\n"), "body", known, ENVIRONMENT)
    _try(html.replace("\r\n", "\n"), "html", known, HTML_ENVIRONMENT)


def _try(source: str, field: str, known: Known, environment: SafeEnvironment) -> None:
    if "{" not in source:
        return
    template = parsed(source, field, environment)
    nothing: dict[str, Any] = {group: {} for group in known}
    for values in (sample_of(known), nothing):
        try:
            template.render(values)
        except ResourceLimitError as limit:
            index = limit.token.start_index if limit.token is not None else None
            raise TemplateFault(at_line(source, index, limit_words(limit)), field) from limit
        except (LiquidError, ArithmeticError, ValueError, TypeError, RecursionError):
            continue


def sample_of(known: Known) -> dict[str, Any]:
    """A value for each variable: a word, or a few tags."""
    return {
        group: Sample(
            {name: Sample() for name, below in names.items() if below is None}
            | {"tags": ["sample", "sample"]}
        )
        for group, names in known.items()
    }


def limit_words(limit: ResourceLimitError) -> str:
    """Which limit it is, and what to do."""
    if isinstance(limit, LoopIterationLimitError):
        return _("this goes around more than %(most)s times") % {"most": amount(MOST_LOOPS)}
    if isinstance(limit, OutputStreamLimitError):
        return _("with this the text is longer than %(most)s characters") % {"most": amount(MOST_CHARACTERS)}
    if isinstance(limit, LocalNamespaceLimitError):
        return _("this keeps too much in variables of its own")
    return str(limit.message)
