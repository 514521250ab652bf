"""The language that is spoken, for what keeps words by their language."""

from functools import lru_cache

from django.conf import settings
from django.utils.translation import get_language, gettext


def language() -> str | None:
    """Its code. Where the settings offer only one, it isn't looked up: a page would do so hundreds of times."""
    offered = settings.LANGUAGES
    return offered[0][0] if len(offered) == 1 else get_language()


def spoken(text: str) -> str:
    """The text as `gettext` has it; kept, for cells that a page draws hundreds of."""
    return _spoken(text, language())


@lru_cache(maxsize=2_000)
def _spoken(text: str, _language: str | None) -> str:
    return gettext(text)
