"""Messages that a provider has approved beforehand: a name, a language, and the texts of their variables, in Liquid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .providers.base import Approved
from .rendering import Render, TemplateFault, compiled, rendered
from .variables import Values

NAME = re.compile(r"[a-z0-9_]{1,512}\Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?\Z")
MOST_PARAMETERS = 50


@dataclass(frozen=True, slots=True)
class CompiledApproved:
    """An approved message, ready to be filled in any number of times."""

    name: str
    language: str
    parameters: tuple[Render, ...] = ()

    def render(self, values: Values) -> Approved:
        """It for these values; raises CannotRender. A variable is one line: WhatsApp takes no line breaks in it."""
        texts = tuple(" ".join(rendered(render, values).split()) for render in self.parameters)
        return Approved(self.name, self.language, texts)


def approved_clean(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """As it is kept: {"name", "language", "parameters"}, or {} for none. Raises TemplateFault with what is wrong."""
    if not given or not str(given.get("name") or "").strip():
        return {}
    name, language = str(given["name"]).strip(), str(given.get("language") or "").strip()
    parameters = [str(one).strip() for one in given.get("parameters") or ()]
    if not NAME.match(name):
        raise TemplateFault(
            _("A template's name has small letters, digits and underscores only."), "approved_name"
        )
    if not LANGUAGE.match(language):
        raise TemplateFault(
            _("Write the language as WhatsApp does, such as en or en_US."), "approved_language"
        )
    if len(parameters) > MOST_PARAMETERS:
        raise TemplateFault(_("A template has at most 50 variables."), "approved_parameters")
    if not all(parameters):
        raise TemplateFault(_("A variable is empty."), "approved_parameters")
    return {"name": name, "language": language, "parameters": parameters}


def approved_compile(approved: Mapping[str, Any]) -> CompiledApproved | None:
    """What `approved_clean` returned, ready to be filled in; None for none. Raises TemplateFault."""
    if not approved:
        return None
    renders = tuple(compiled(source, "approved_parameters")[0] for source in approved["parameters"])
    return CompiledApproved(approved["name"], approved["language"], renders)


def approved_body(approved: Mapping[str, Any]) -> str:
    """What stands as the message's text in chats and logs: the provider alone knows the words around the variables."""
    title = f"[{approved['name']}, {approved['language']}]"
    return "\n".join([title, *approved["parameters"]])
