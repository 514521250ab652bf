"""Tags and filters for every template: icons, shares, times, navigation, form controls."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import forms, template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tables2 import Table

from batchadmin.lib.languages import language
from batchadmin.lib.markup import markup
from batchadmin.lib.moments import exact_time, planned_time, relative_time
from batchadmin.lib.navigation import Link, navigation_links, url_or_none
from batchadmin.lib.tables import PAGE_SIZES, page_span

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86_400
NOT_MEASURED = "–"


@register.simple_tag
@lru_cache(maxsize=1_000)  # a page has some hundreds, of some dozens of kinds
def icon(name: str, extra_class: str = "") -> SafeString:
    """An icon of static/icons.svg. It's silent for screen readers: a word always stands beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra_class,
        static("icons.svg"),
        name,
    )


OUT_OF_BAND = SafeString(' hx-swap-oob="true"')


@register.simple_tag
def badge(status: Any, note: str = "", id: str = "", oob: object = False) -> SafeString:
    """A status as icon, word and colour, as components/status_badge.html describes it; with an `id` it can be swapped."""
    place = markup(' id="{}"{}', id, OUT_OF_BAND if oob else "") if id else ""
    behind = f" · {note}" if note else ""
    return markup(
        '<span class="status-word"{}><span class="tint-{}">{}</span>{}{}</span>',
        place, status.colour or "grey", icon(status.icon or "clock"), status.label, behind,
    )  # fmt: skip


@register.simple_tag
def maybe_url(name: str, *args: object, **kwargs: object) -> str:
    """Like {% url %}, but "" when there is no such page."""
    return url_or_none(name, *args, **kwargs) or ""


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[Link]:
    """The left navigation of the program in the address; empty outside a program."""
    program = context.get("program")
    request = context.get("request")
    if not (program and request):
        return []
    return navigation_links(program.slug, request.path, context.get("membership"))


@register.simple_tag
def share(part: int | None, whole: int | None, digits: int = 1) -> str:
    """`part` of `whole` in per cent, rounded down: 100% and 0% only when exact, – when either isn't known.

    A part too small for the digits is "<0.1%".
    """
    if part is None or not whole:
        return NOT_MEASURED
    scale: int = 10**digits
    steps = part * 100 * scale // whole
    if steps == 0 and part > 0:
        return f"<{1 / scale:.{digits}f}%"
    is_exact = part * 100 % whole == 0
    shown = f"{steps / scale:.{0 if is_exact and steps % scale == 0 else digits}f}"
    return f"{shown}%"


@register.filter
def percent(part: int | None, whole: int | None) -> str:
    """`part|percent:whole` in whole per cent, rounded down; – when either isn't known."""
    return NOT_MEASURED if part is None or not whole else f"{part * 100 // whole}%"


@register.filter
def total_of(rows: Iterable[Any], name: str) -> int:
    """The sum of what each row (a dictionary or an object) holds under `name`."""
    return sum(row[name] if isinstance(row, dict) else getattr(row, name) for row in rows)


@register.filter
def duration(seconds: float | None) -> str:
    """A length of time in the two largest units that matter: "1 min 10 s", "2 h 5 min", "3 days"."""
    if seconds is None:
        return NOT_MEASURED
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return _("%(seconds)d s") % {"seconds": whole}
    if whole < HOUR:
        minutes, rest = divmod(whole, MINUTE)
        words = _("%(minutes)d min %(seconds)d s") if rest else _("%(minutes)d min")
        return words % {"minutes": minutes, "seconds": rest}
    if whole < DAY:
        hours, rest = divmod(whole, HOUR)
        words = _("%(hours)d h %(minutes)d min") if rest >= MINUTE else _("%(hours)d h")
        return words % {"hours": hours, "minutes": rest // MINUTE}
    days = whole // DAY
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


@register.filter
def day_words(text: object) -> str:
    """A day such as "2026-05-01" as people write it, 1 May 2026; what is no day stays as it is."""
    try:
        return date_format(date.fromisoformat(str(text)), "j M Y")
    except ValueError:
        return str(text)


@register.filter
def amount(number: int | None) -> str:
    """A number with thousands separators, or – when it isn't known."""
    return NOT_MEASURED if number is None else _grouped(number, language())


@lru_cache(maxsize=10_000)
def _grouped(number: int, _language: str | None) -> str:
    return intcomma(number)


@register.simple_tag
def when(moment: datetime | None, absent: str = NOT_MEASURED) -> SafeString | str:
    """A time as people say it ("3 minutes ago"), with the exact one, in the program's time zone, on hover."""
    return absent if moment is None else relative_time(moment)


@register.simple_tag
def exact(moment: datetime | None, absent: str = NOT_MEASURED) -> SafeString | str:
    """A time to the second, in the program's time zone, with its zone on hover."""
    return absent if moment is None else exact_time(moment)


@register.simple_tag
def planned(moment: datetime) -> SafeString:
    """A time that somebody has set, in the program's time zone, with its zone on hover."""
    return planned_time(moment)


@register.filter
def span(table: Table) -> str:
    """Which rows of a paginated table are shown: "1–50 of 9,312"."""
    return page_span(table)


@register.simple_tag
def page_sizes() -> tuple[int, ...]:
    """How many rows a page may have."""
    return PAGE_SIZES


@register.filter
def control(field: BoundField) -> SafeString:
    """The form field's widget with Tabler's class for its kind; red when it has errors."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        kind = "form-check-input"
    elif isinstance(widget, forms.Select):
        kind = "form-select"
    else:
        kind = "form-control"
    given = widget.attrs.get("class", "")
    invalid = "is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": " ".join(part for part in (kind, given, invalid) if part)})


@register.filter
def choice_inputs(field: BoundField) -> list[BoundWidget]:
    """The radio buttons or check boxes of a field, each with Tabler's class."""
    choices = list(field.subwidgets)
    for choice in choices:
        choice.data["attrs"]["class"] = "form-check-input"
    return choices


@register.filter
def widget_kind(field: BoundField) -> str:
    """How a form lays the field out: "check", "choices", "hidden" or "plain"."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return "choices"
    return "check" if isinstance(widget, forms.CheckboxInput) else "plain"
