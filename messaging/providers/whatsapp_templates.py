"""WhatsApp's approved templates: how they are sent with their variables, and how the list of them reads."""

from __future__ import annotations

import re
from typing import Any

from .base import Approved, Button, Header
from .offers import Offer, OfferedButton

VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
MEDIA = frozenset({"image", "video", "document"})
# Types of buttons that need nothing from us; and what the others want.
PLAIN_BUTTONS = frozenset({"QUICK_REPLY", "PHONE_NUMBER", "URL", "VOICE_CALL"})
CODE_BUTTONS = {"COPY_CODE": "copy_code", "OTP": "url"}
KNOWN_PARTS = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS"})
FIELDS = "name,language,status,category,parameter_format,components"


def template_content(approved: Approved) -> dict[str, Any]:
    """The template as the API takes it; parts without variables aren't named."""
    content: dict[str, Any] = {"name": approved.name, "language": {"code": approved.language}}
    components = []
    if approved.header is not None:
        components.append({"type": "header", "parameters": [header_parameter(approved.header)]})
    if approved.parameters:
        names = approved.names or ("",) * len(approved.parameters)
        texts = [text_parameter(text, name) for text, name in zip(approved.parameters, names, strict=True)]
        components.append({"type": "body", "parameters": texts})
    components += [button_component(button) for button in approved.buttons]
    return {**content, "components": components} if components else content


def text_parameter(text: str, name: str) -> dict[str, Any]:
    """A text for a variable, which has a name or is known by its place."""
    return {"type": "text", **({"parameter_name": name} if name else {}), "text": text}


def header_parameter(header: Header) -> dict[str, Any]:
    """A text, or a medium by its address, which WhatsApp fetches."""
    if header.type in MEDIA:
        return {"type": header.type, header.type: {"link": header.value}}
    return text_parameter(header.value, header.name)


def button_component(button: Button) -> dict[str, Any]:
    """What varies of a button."""
    parameters = {
        "url": {"type": "text", "text": button.value},
        "copy_code": {"type": "coupon_code", "coupon_code": button.value},
        "quick_reply": {"type": "payload", "payload": button.value},
    }
    return {
        "type": "button",
        "sub_type": button.type,
        "index": str(button.index),
        "parameters": [parameters[button.type]],
    }


def offers_of(page: Any) -> list[Offer]:
    """The approved templates of one page of the list; what isn't as documented is left out."""
    found = []
    for row in page.get("data") or () if isinstance(page, dict) else ():
        try:
            offer = offer_of(row) if row.get("status") == "APPROVED" else None
        except (AttributeError, TypeError, ValueError):
            continue
        if offer is not None:
            found.append(offer)
    return found


def offer_of(row: dict[str, Any]) -> Offer | None:
    """One template of the list; None for one without name, language or wording."""
    parts = {str(one.get("type")): one for one in row.get("components") or () if isinstance(one, dict)}
    body = text_of(parts.get("BODY"))
    if not row.get("name") or not row.get("language") or not body:
        return None
    header = parts.get("HEADER") or {}
    header_names = tuple(dict.fromkeys(VARIABLE.findall(text_of(header))))
    named = row.get("parameter_format") == "NAMED"
    lacking = ", ".join(sorted({*(set(parts) - KNOWN_PARTS), *lacking_of(parts)}))
    return Offer(
        name=str(row["name"]),
        language=str(row["language"]),
        category=str(row.get("category") or ""),
        body=body,
        header=text_of(header),
        footer=text_of(parts.get("FOOTER")),
        header_wants=header_wants(header, header_names),
        header_name=header_names[0] if named and header_names else "",
        variables=tuple(dict.fromkeys(VARIABLE.findall(body))),
        buttons=tuple(buttons_of(parts.get("BUTTONS") or {})),
        lacking=lacking,
    )


def text_of(part: dict[str, Any] | None) -> str:
    """The wording of a part."""
    return str((part or {}).get("text") or "")


def header_wants(header: dict[str, Any], names: tuple[str, ...]) -> str:
    """What has to be filled in on top."""
    kind = str(header.get("format") or "").lower()
    return kind if kind in MEDIA else "text" if names else ""


def lacking_of(parts: dict[str, dict[str, Any]]) -> set[str]:
    """What has to be filled in, and can't be from here."""
    kind = str((parts.get("HEADER") or {}).get("format") or "TEXT")
    headers = set() if kind == "TEXT" or kind.lower() in MEDIA else {kind}
    kinds = {str(one.get("type")) for one in (parts.get("BUTTONS") or {}).get("buttons") or ()}
    return headers | (kinds - PLAIN_BUTTONS - set(CODE_BUTTONS))


def buttons_of(part: dict[str, Any]) -> list[OfferedButton]:
    """The buttons of a template, in their order."""
    found = []
    for index, button in enumerate(part.get("buttons") or ()):
        kind = str(button.get("type"))
        wants = CODE_BUTTONS.get(kind, "")
        if kind == "URL" and VARIABLE.search(str(button.get("url") or "")):
            wants = "url"
        found.append(OfferedButton(index, str(button.get("text") or kind), wants))
    return found
