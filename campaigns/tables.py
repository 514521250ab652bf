"""The tables of this app's pages. People can be ticked where there is a selection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Count, F, Func, QuerySet, Value
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django_tables2 import Column

from batchadmin.lib.languages import spoken as _
from batchadmin.lib.markup import markup
from batchadmin.lib.routes import address
from batchadmin.lib.tables import NUMBER, FileColumn, PageTable
from batchadmin.lib.templatetags.ui import NOT_MEASURED, amount, when
from campaigns.column_choice import (
    ATTRIBUTE,
    NAME,
    WITH_A_COLUMN,
    AttributeColumn,
    ColumnChoice,
    Offered,
    attribute_text,
    person_of,
)
from campaigns.models import Campaign, Influencer, Participant
from campaigns.presentation import Ticks, handle_shown, reach_word
from campaigns.states import ChannelType

LONG = {"td": {"class": "wrap-anywhere"}}


class PeopleTable(PageTable):
    """What lists of influencers share. Rows are influencers, or have one.

    `ticks` says which are ticked, None: no boxes; `choice` which columns are shown. A file has all of them, and of the attributes
    those that are shown.
    """

    tick = Column(verbose_name=gettext_lazy("Select"), empty_values=(), orderable=False)
    name = Column(verbose_name=gettext_lazy("Name"), empty_values=(), order_by=("known_as", "pk"))
    handle = Column(verbose_name=gettext_lazy("Handle"), empty_values=(), orderable=False, attrs=LONG)
    followers = Column(verbose_name=gettext_lazy("Followers"), empty_values=(), orderable=False, attrs=NUMBER)
    country = Column(verbose_name=gettext_lazy("Country"), empty_values=(), orderable=False)
    email = Column(verbose_name=gettext_lazy("E-mail"), empty_values=(), orderable=False)
    whatsapp = Column(verbose_name=gettext_lazy("WhatsApp"), empty_values=(), orderable=False)

    class Meta(PageTable.Meta):
        sequence: tuple[str, ...] = (
            "tick", "name", "handle", "followers", "country", "email", "whatsapp", "...",
        )  # fmt: skip

    def __init__(
        self, *args: Any, program_slug: str, ticks: Ticks | None, choice: ColumnChoice, **kwargs: Any
    ) -> None:
        exclude = () if ticks else ("tick",)
        attributes = [
            (f"attribute_{place}", AttributeColumn(key)) for place, key in enumerate(choice.attributes)
        ]
        super().__init__(*args, exclude=exclude, extra_columns=attributes, **kwargs)
        self.program_slug, self.ticks, self.choice = program_slug, ticks, choice
        for name in self.choosable():
            if not choice.shows(name):
                self.columns.hide(name)
        self.file_columns = [*self.file_columns, *((key, _attribute_of(key)) for key in choice.attributes)]

    @classmethod
    def choosable(cls) -> list[str]:
        """The columns that can be left out, in their order."""
        return [name for name in cls.Meta.sequence if name not in ("tick", NAME, "...")]

    def offered(self) -> list[Offered]:
        """The columns that can be chosen."""
        titles = {column.name: str(column.header) for column in self.columns.iterall()}
        return [Offered(name, titles[name], self.choice.shows(name)) for name in self.choosable()]

    def attributes_offered(self) -> list[Offered]:
        """The attributes that can be chosen: those of the people on this page, which costs no query, and what is chosen."""
        chosen = self.choice.attributes
        found = {key for row in self.paginated_rows for key in person_of(row.record).attributes}
        keys = sorted({*found, *chosen} - {*WITH_A_COLUMN}, key=str.casefold)
        return [Offered(ATTRIBUTE + key, key, key in chosen) for key in keys]

    def render_tick(self, record: Any) -> SafeString:
        person = person_of(record)
        checked = " checked" if self.ticks and self.ticks.has(person.pk) else ""
        return markup(
            '<input class="form-check-input" type="checkbox" name="ids" value="{}" id="tick-{}" aria-label="{}"{}>',
            person.pk,
            person.pk,
            _("Select {name}").format(name=person.name),
            SafeString(checked),
        )

    def render_name(self, record: Any) -> SafeString:
        person = person_of(record)
        url = address("influencer", {"program": self.program_slug, "pk": person.pk})
        return markup('<a href="{}"><bdi>{}</bdi></a>', url, person.name)

    def render_handle(self, record: Any) -> SafeString | str:
        return handle_shown(person_of(record))

    def render_followers(self, record: Any) -> str:
        number = person_of(record).attributes.get("followers")
        return amount(round(number)) if isinstance(number, (int, float)) else str(number or NOT_MEASURED)

    def render_country(self, record: Any) -> str:
        return str(person_of(record).attributes.get("country") or NOT_MEASURED)

    def render_email(self, record: Any) -> str:
        return reach_word(person_of(record), ChannelType.EMAIL)

    def render_whatsapp(self, record: Any) -> str:
        return reach_word(person_of(record), ChannelType.WHATSAPP)


def _attribute_of(key: str) -> Callable[[Any, Any], str]:
    """A function that gives a file this attribute."""
    return lambda _table, record: attribute_text(record, key)


def person_columns(before: str = "") -> list[FileColumn]:
    """What a file says of a person, whose values stand under `before` of the record; wants `opt_outs` prefetched."""

    def of(record: Any) -> Influencer:
        person: Influencer = record.influencer if before else record
        return person

    plain = [
        (gettext_lazy("ID"), "pk"), (gettext_lazy("External ID"), "external_id"), (gettext_lazy("Name"), "name"),
        (gettext_lazy("E-mail"), "email"), (gettext_lazy("Phone"), "msisdn"),
    ]  # fmt: skip
    columns: list[FileColumn] = [(title, before + name) for title, name in plain]
    return [
        *columns,
        (
            gettext_lazy("Handles"),
            lambda _table, one: ", ".join(f"{net}: {name}" for net, name in of(one).handles.items()),
        ),
        (gettext_lazy("Tags"), lambda _table, one: ", ".join(of(one).tags)),
        (gettext_lazy("Followers"), lambda _table, one: of(one).attributes.get("followers")),
        (gettext_lazy("Country"), lambda _table, one: of(one).attributes.get("country")),
        (
            gettext_lazy("Opted out of"),
            lambda _table, one: ", ".join(
                str(ChannelType(out.channel_type).label) for out in of(one).opt_outs.all()
            ),
        ),
    ]


class InfluencerTable(PeopleTable):
    """The influencers of a program."""

    caption = gettext_lazy("Influencers")
    file_columns = person_columns()

    class Meta(PeopleTable.Meta):
        model = Influencer
        fields: tuple[str, ...] = ()


class ParticipantTable(PeopleTable):
    """The participants at one stage."""

    caption = gettext_lazy("Participants at this stage")
    file_columns = [
        *person_columns("influencer."),
        (gettext_lazy("Campaign"), "campaign.name"),
        (gettext_lazy("Stage"), "stage.name"),
        (gettext_lazy("At this stage since"), "entered_stage_at"),
    ]

    name = Column(
        verbose_name=gettext_lazy("Name"), empty_values=(), order_by=("influencer__known_as", "influencer")
    )
    entered_stage_at = Column(
        verbose_name=gettext_lazy("In stage"), order_by=("-entered_stage_at", "influencer")
    )

    class Meta(PeopleTable.Meta):
        model = Participant
        fields = ("entered_stage_at",)
        sequence = (*PeopleTable.Meta.sequence[:-1], "entered_stage_at", "...")

    def render_entered_stage_at(self, value: Any) -> SafeString | str:
        return when(value)


def people_counted(campaigns: Sequence[int]) -> dict[int, int]:
    """How many are in each of these campaigns; those with nobody are left out."""
    inside = Participant.objects.filter(campaign__in=campaigns).order_by()
    return dict(inside.values_list("campaign").annotate(number=Count("*")))


class CampaignTable(PageTable):
    """The campaigns of a program."""

    caption = gettext_lazy("Campaigns")
    file_columns = [
        (gettext_lazy("Name"), "name"),
        (gettext_lazy("Influencers"), lambda table, one: table.people_in.get(one.pk, 0)),
        (gettext_lazy("Made"), "created_at"),
    ]

    name = Column()
    people = Column(verbose_name=gettext_lazy("Influencers"), attrs=NUMBER, empty_values=())
    created_at = Column()

    class Meta(PageTable.Meta):
        model = Campaign
        fields = ("name", "people", "created_at")

    def render_name(self, record: Campaign) -> SafeString:
        url = address("campaign", {"program": self.program_slug, "pk": record.pk})
        return markup('<a href="{}"><bdi>{}</bdi></a>', url, record.name)

    def __init__(self, *args: Any, program_slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.program_slug = program_slug

    @cached_property
    def people_in(self) -> dict[int, int]:
        """How many are in each of the campaigns on this page, counted in one go."""
        return people_counted([row.record.pk for row in self.paginated_rows])

    def file_lot(self, records: Sequence[Campaign]) -> None:
        self.people_in = people_counted([record.pk for record in records])

    def order_people(self, rows: QuerySet[Campaign], is_descending: bool) -> tuple[QuerySet[Campaign], bool]:
        """The campaigns by how many are in them, as django-tables2 asks for it: counted once, for the order and for the page.

        Counted by an index alone, not over a join of everybody with their campaigns, which takes four times as long.
        """
        keys = list(rows.order_by("-pk").values_list("pk", flat=True))
        self.people_in = people_counted(keys)
        keys.sort(key=lambda key: self.people_in.get(key, 0), reverse=is_descending)
        place = Func(
            Value(keys, output_field=ArrayField(BigIntegerField())), F("pk"), function="array_position"
        )
        return rows.order_by(place), True

    def render_people(self, record: Campaign) -> str:
        return amount(self.people_in.get(record.pk, 0))

    def render_created_at(self, value: Any) -> SafeString | str:
        return when(value)
