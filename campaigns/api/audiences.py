"""Who is meant, as other systems say it: ids, or everybody who matches a filter, with the number that is expected."""

from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from batchadmin.accounts.api.pages import Id
from batchadmin.accounts.api.problems import Problem, problem_register
from campaigns.audience import Selection, SelectionError
from campaigns.states import ChannelType

STRICT = ConfigDict(extra="forbid", strict=True)
MOST_IDS = 100_000
LARGEST = 2**53
Words = Annotated[str, Field(min_length=1, max_length=200)]


class PeopleFilter(BaseModel):
    """Which influencers; all that is given must fit. The same as in the filter of the influencers' page."""

    model_config = STRICT

    q: Words | None = Field(None, description="Words of name, address, handle or ID")
    campaign: Id | None = Field(None, description="In this campaign")
    stage: Id | None = Field(None, description="At this stage")
    outside: Id | None = Field(None, description="Not in this campaign")
    tag: Words | None = Field(None, description="With this tag")
    country: Words | None = Field(None, description="With this country, such as DE")
    network: Words | None = Field(None, description="With a handle on this network, such as instagram")
    reach: str | None = Field(
        None,
        description="Who can be reached this way",
        pattern=f"^({'|'.join(ChannelType.values)})$",
    )
    followers_min: int | None = Field(None, ge=0, le=LARGEST, description="With at least so many followers")
    followers_max: int | None = Field(None, ge=0, le=LARGEST, description="With at most so many followers")
    attribute: Words | None = Field(None, description="With this attribute, such as size=M")

    def as_query(self) -> str:
        """The filter as the influencers' page has it in its address."""
        return urlencode(self.model_dump(exclude_none=True))


class OfIds(BaseModel):
    """These influencers."""

    model_config = STRICT

    ids: list[Id] = Field(min_length=1, max_length=MOST_IDS)
    expected: int | None = Field(
        None, ge=1, le=LARGEST, description="How many there must be; else as many as ids"
    )

    def selection(self) -> Selection:
        """The same for services. An id that is nobody's changes the number, so it is noticed."""
        ids = tuple(dict.fromkeys(self.ids))
        return Selection(ids=ids, expected=self.expected or len(ids))


class OfFilter(BaseModel):
    """Everybody who matches a filter, except some."""

    model_config = STRICT

    filter: PeopleFilter
    except_ids: list[Id] = Field(default_factory=list, max_length=MOST_IDS)
    expected: int = Field(ge=1, le=LARGEST, description="How many you have counted; another number now: 409")

    def selection(self) -> Selection:
        """The same for services."""
        return Selection(
            everything=True,
            filter=self.filter.as_query(),
            except_ids=tuple(dict.fromkeys(self.except_ids)),
            expected=self.expected,
        )


Audience = OfIds | OfFilter

problem_register(SelectionError, lambda error: Problem(422, "invalid_filter", str(error)))
