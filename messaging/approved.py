"""Messages that a provider has approved beforehand: a name, a language, and the texts of their variables, in Liquid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .approved_lines import button_read, lines_read
from .providers.base import Approved, Button, Header
from .providers.offers import Offer
from .rendering import CannotRender, Render, TemplateFault, compiled, rendered
from .variables import Values

NAME = re.compile(r"[a-z0-9_]{1,512}\Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?\Z")
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
MOST_PARAMETERS = 50
TEXT = "text"
HEADERS = (TEXT, "image", "video", "document")


@dataclass(frozen=True, slots=True)
class CompiledApproved:
    """An approved message, ready to be filled in any number of times."""

    name: str
    language: str
    parameters: tuple[Render, ...] = ()
    names: tuple[str, ...] = ()
    header: tuple[str, str, Render] | None = None  # its type, the name of its variable, its value
    buttons: tuple[tuple[int, str, Render], ...] = ()

    def render(self, values: Values) -> Approved:
        """It for these values; raises CannotRender. A variable is one line: WhatsApp takes no line breaks in it."""
        return Approved(
            self.name,
            self.language,
            tuple(one_line(render, values) for render in self.parameters),
            self.names,
            self._header(values),
            tuple(Button(index, kind, one_line(render, values)) for index, kind, render in self.buttons),
        )

    def _header(self, values: Values) -> Header | None:
        if self.header is None:
            return None
        kind, name, render = self.header
        value = one_line(render, values)
        if kind != TEXT and not value.startswith("https://"):
            raise CannotRender(
                "cannot_render", _("“%(value)s” is no https:// address.") % {"value": value[:200]}
            )
        return Header(kind, value, name)


def one_line(render: Render, values: Values) -> str:
    """The text for these values, without line breaks."""
    return " ".join(rendered(render, values).split())


def approved_clean(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """As it is kept: {"name", "language", "parameters"} and, where there are any, "names", "header", "buttons", "wording".

    {} for none. Raises TemplateFault with what is wrong, and at which field.
    """
    if not given or not str(given.get("name") or "").strip():
        return {}
    name, language = str(given["name"]).strip(), str(given.get("language") or "").strip()
    if not NAME.match(name):
        raise TemplateFault(
            _("A template's name has small letters, digits and underscores only."), "approved_name"
        )
    if not LANGUAGE.match(language):
        raise TemplateFault(
            _("Write the language as WhatsApp does, such as en or en_US."), "approved_language"
        )
    names, parameters = parameters_clean(given)
    kept: dict[str, Any] = {"name": name, "language": language, "parameters": parameters}
    more = {
        "names": names,
        "header": header_clean(given.get("header")),
        "buttons": [button_read(one) for one in given.get("buttons") or ()],
        "wording": {str(key): str(text) for key, text in (given.get("wording") or {}).items()},
    }
    kept |= {key: value for key, value in more.items() if value}
    approved_compile(kept)
    return kept


def parameters_clean(given: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The variables' names, if they have any, and their texts."""
    lines = [str(one).strip() for one in given.get("parameters") or ()]
    names = [str(one) for one in given.get("names") or ()]
    if not names:
        names, lines = lines_read(lines)
    if len(lines) > MOST_PARAMETERS:
        raise TemplateFault(_("A template has at most 50 variables."), "approved_parameters")
    if not all(lines) or (names and len(names) != len(lines)):
        raise TemplateFault(_("A variable is empty."), "approved_parameters")
    return names, lines


def header_clean(given: Mapping[str, Any] | None) -> dict[str, str]:
    """What stands on top, as it is kept; {} for nothing."""
    value = str((given or {}).get("value") or "").strip()
    kind = str((given or {}).get("type") or TEXT)
    if not value:
        return {}
    if kind not in HEADERS:
        raise TemplateFault(_("Pick what stands on top."), "approved_header_type")
    if kind != TEXT and not value.startswith(("https://", "{{")):
        raise TemplateFault(_("Write the address of the file; it begins with https://."), "approved_header")
    name = str((given or {}).get("name") or "")
    return {"type": kind, "value": value, **({"name": name} if name else {})}


def approved_compile(approved: Mapping[str, Any]) -> CompiledApproved | None:
    """What `approved_clean` returned, ready to be filled in; None for none. Raises TemplateFault."""
    if not approved:
        return None
    header = approved.get("header")
    return CompiledApproved(
        approved["name"],
        approved["language"],
        tuple(compiled(source, "approved_parameters")[0] for source in approved["parameters"]),
        tuple(approved.get("names") or ()),
        (header["type"], header.get("name", ""), compiled(header["value"], "approved_header")[0])
        if header
        else None,
        tuple(
            (one["index"], one["type"], compiled(one["value"], "approved_buttons")[0])
            for one in approved.get("buttons") or ()
        ),
    )


def approved_fit(approved: Mapping[str, Any], offer: Offer | None) -> dict[str, Any]:
    """What `approved_clean` returned, with the wording of the message that the provider has approved under this name.

    Raises TemplateFault where it wants something else than is given. Without an offer nothing can be said.
    """
    if not approved or offer is None:
        return dict(approved)
    if offer.lacking:
        words = _("It has a part that can't be filled in from here: %(parts)s.")
        raise TemplateFault(words % {"parts": offer.lacking}, "approved_name")
    fit_parameters(approved, offer)
    fit_header(approved, offer)
    fit_buttons(approved, offer)
    fitted = {**approved, "wording": {"header": offer.header, "body": offer.body, "footer": offer.footer}}
    if offer.header_name and "header" in fitted:
        fitted["header"] = {**fitted["header"], "name": offer.header_name}
    return fitted


def fit_parameters(approved: Mapping[str, Any], offer: Offer) -> None:
    """Whether just the variables of the body are filled in."""
    given, names = approved["parameters"], approved.get("names") or []
    wanted = ", ".join(offer.variables) or _("none")
    if len(given) != len(offer.variables):
        words = _("It has %(wanted)s variables (%(names)s), and %(given)s are filled in.")
        told = {"wanted": len(offer.variables), "names": wanted, "given": len(given)}
        raise TemplateFault(words % told, "approved_parameters")
    if offer.named and list(names) != list(offer.variables):
        words = _("Its variables have names: write one a line as “name = text”, in this order: %(names)s.")
        raise TemplateFault(words % {"names": wanted}, "approved_parameters")
    if names and not offer.named:
        raise TemplateFault(_("Its variables have numbers, not names."), "approved_parameters")


def fit_header(approved: Mapping[str, Any], offer: Offer) -> None:
    """Whether what it wants on top is given, and nothing else."""
    given = (approved.get("header") or {}).get("type", "")
    if given == offer.header_wants:
        return
    wanted = {
        "": _("It takes nothing on top: leave this empty."),
        TEXT: _("It wants a text on top."),
        "image": _("It wants an image on top."),
        "video": _("It wants a video on top."),
        "document": _("It wants a document on top."),
    }
    raise TemplateFault(wanted[offer.header_wants], "approved_header")


def fit_buttons(approved: Mapping[str, Any], offer: Offer) -> None:
    """Whether each button that wants something has it. Answers to quick replies may be given, and needn't."""
    given = {one["index"]: one["type"] for one in approved.get("buttons") or ()}
    for button in offer.wanting:
        if given.get(button.index) != button.wants:
            words = _("Button %(number)s (%(label)s) wants something: write “%(number)s %(kind)s …”.")
            kind = {"url": "url", "copy_code": "code"}[button.wants]
            told = {"number": button.index + 1, "label": button.label, "kind": kind}
            raise TemplateFault(words % told, "approved_buttons")
    plain = {button.index for button in offer.buttons} - {button.index for button in offer.wanting}
    for index, kind in given.items():
        if kind != "quick_reply" and index not in {button.index for button in offer.wanting}:
            raise TemplateFault(
                _("Button %(number)s takes nothing.") % {"number": index + 1}, "approved_buttons"
            )
        if kind == "quick_reply" and index not in plain:
            raise TemplateFault(
                _("There is no button %(number)s that answers.") % {"number": index + 1}, "approved_buttons"
            )


def approved_shown(approved: Mapping[str, Any], offer: Offer | None) -> str:
    """The text of what a form says, for a preview; only its name while that isn't right yet."""
    try:
        return approved_body(approved_fit(approved_clean(approved), offer))
    except TemplateFault:
        return f"[{approved['name']}]"


def approved_body(approved: Mapping[str, Any]) -> str:
    """What stands as the message's text in chats and logs: its wording with our variables in it, where that is known."""
    wording = approved.get("wording") or {}
    if wording.get("body") and "{%" not in "".join(wording.values()):
        return worded(approved, wording)
    title = f"[{approved['name']}, {approved['language']}]"
    header = (approved.get("header") or {}).get("value")
    buttons = [one["value"] for one in approved.get("buttons") or ()]
    return "\n".join([title, *([header] if header else []), *approved["parameters"], *buttons])


def worded(approved: Mapping[str, Any], wording: Mapping[str, str]) -> str:
    """The wording, each of its variables replaced by ours."""
    names = approved.get("names") or [str(number) for number in range(1, len(approved["parameters"]) + 1)]
    ours = dict(zip(names, approved["parameters"], strict=True))
    header = approved.get("header") or {}
    value = str(header.get("value") or "")
    top = VARIABLE.sub(lambda found: value, wording.get("header", "")) or value
    body = VARIABLE.sub(lambda found: ours.get(found[1], ""), wording["body"])
    buttons = " ".join(one["value"] for one in approved.get("buttons") or ())
    return "\n\n".join(part for part in (top, body, wording.get("footer", ""), buttons) if part)
