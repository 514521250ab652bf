"""The language that is spoken, for what keeps words by their language."""

from django.conf import settings
from django.utils.translation import get_language


def language() -> str | None:
    """Its code. Where the settings offer only one, it isn't looked up: a page would do so hundreds of times."""
    offered = settings.LANGUAGES
    return offered[0][0] if len(offered) == 1 else get_language()
