"""Rows of influencers and campaigns."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from campaigns.models import Campaign, Influencer, Participant, Stage
from campaigns.states import Phase
from tests.factories import ProgramFactory


class InfluencerFactory(DjangoModelFactory[Influencer]):
    """Somebody with a name, an e-mail address and a handle."""

    class Meta:
        model = Influencer

    program = factory.SubFactory(ProgramFactory)
    first_name = factory.Sequence(lambda number: f"Zoe{number}")
    last_name = "Mueller"
    email = factory.Sequence(lambda number: f"zoe{number}@example.com")
    handles = factory.Sequence(lambda number: {"instagram": f"zoe{number}"})
    attributes = factory.LazyFunction(lambda: {"country": "DE", "followers": 3_300})


class CampaignFactory(DjangoModelFactory[Campaign]):
    """A campaign with three stages: Invited, Accepted, Paid."""

    class Meta:
        model = Campaign
        skip_postgeneration_save = True

    program = factory.SubFactory(ProgramFactory)
    name = factory.Sequence(lambda number: f"Spring {number}")

    @factory.post_generation
    def stages(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        names = {"Invited": Phase.CANDIDATES, "Accepted": Phase.PARTICIPANTS, "Paid": Phase.COMPLETE}
        for position, (name, phase) in enumerate(names.items(), start=1):
            Stage.objects.create(campaign=self, name=name, phase=phase, position=position)


class ParticipantFactory(DjangoModelFactory[Participant]):
    """Somebody at the first stage of a campaign of their program."""

    class Meta:
        model = Participant

    campaign = factory.SubFactory(CampaignFactory)
    influencer = factory.SubFactory(InfluencerFactory, program=factory.SelfAttribute("..campaign.program"))
    stage = factory.LazyAttribute(lambda one: one.campaign.stages.first())


def crowd(campaign: Campaign, number: int, stage: Stage | None = None) -> list[int]:
    """That many new participants at a stage (the first); the ids of their influencers."""
    before = Influencer.objects.filter(program=campaign.program).count()
    people = Influencer.objects.bulk_create(
        Influencer(program=campaign.program, first_name=f"Bea{one}", email=f"bea{one}@example.com")
        for one in range(before, before + number)
    )
    at = stage or campaign.stages.get(position=1)
    Participant.objects.bulk_create(
        Participant(campaign=campaign, influencer=one, stage=at) for one in people
    )
    return [one.pk for one in people]
