"""HTML of messages, made safe to look at: what a mail program would leave out as well is gone.

The page shows it in a frame of its own that may run nothing and send nothing (sandbox, and a policy that forbids it again).
"""

from __future__ import annotations

import nh3

SHOWN_POLICY = {
    "default-src": ["'none'"],
    "img-src": ["https:", "data:"],
    "style-src": ["'unsafe-inline'"],
    "sandbox": True,
    "frame-ancestors": ["'self'"],
}
_LAYOUT = {
    "align",
    "valign",
    "width",
    "height",
    "bgcolor",
    "cellpadding",
    "cellspacing",
    "border",
    "style",
    "dir",
}
_TAGS = nh3.ALLOWED_TAGS | {"font", "center", "section", "main"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": _LAYOUT,
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "font": {"color", "face", "size"},
}


def html_cleaned(html: str) -> str:
    """The HTML without scripts, forms, frames, style sheets, and addresses other than web and mail."""
    cleaned: str = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title"},
        attributes=_ATTRIBUTES,
        attribute_filter=_shown,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    return cleaned


def _shown(tag: str, name: str, value: str) -> str | None:
    """The attribute as it is; not where a picture lies that the policy refuses, and no letter could name: on this site."""
    is_elsewhere = (tag, name) == ("img", "src") and not value.strip().lower().startswith("https:")
    return None if is_elsewhere else value
