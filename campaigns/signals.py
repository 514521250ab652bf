"""What this app tells the floors above it."""

from django.dispatch import Signal

# Participants have entered a stage. Sent inside the transaction that moved them, once per chunk, so whatever a
# receiver writes stands or falls with the move; an exception undoes the chunk.
# Arguments: stage (Stage), change_ids (list[int], of StageChange), by (User or None), batch_id (int or None).
stage_entered = Signal()

# Somebody is asked whether to bring people to a stage: what else would that set off? Receivers return a list of sentences
# for the question (see `entry_consequences`). Arguments: stage (Stage), influencers (QuerySet, those who would enter).
stage_entry_asked = Signal()

# A stage is about to be taken out of its campaign, inside the transaction that does it: who still needs it? Receivers return a
# list of sentences, each with what to do first (see `stage_uses`). Arguments: stage (Stage).
stage_removal_asked = Signal()

# A campaign has been made, with its stages; sent inside the transaction. Arguments: campaign (Campaign), by (User).
campaign_created = Signal()

# A person is about to be erased, inside the transaction that does it, and still as they were: what waits must forget them.
# Arguments: influencer (Influencer), identifiers (list[str], their addresses).
influencer_leaving = Signal()

# All about a person is being erased, inside the transaction that does it; again later, for what was in flight then.
# Arguments: influencer (Influencer, empty already), identifiers (list[str], their addresses; none when it is done again).
influencer_swept = Signal()

# Somebody is asked whether to erase a person: what would go, and what stay? Receivers return sentences (see
# `erasure_consequences`). Arguments: influencer (Influencer).
influencer_erasure_asked = Signal()

# Somebody is about to name a date of participants: which names do the floors above go by? Receivers return names (see
# `date_names`). Arguments: campaign (Campaign).
date_names_asked = Signal()

# Somebody is asked whether to give participants a date, or take it away: what would that set off? Receivers return sentences
# (see `date_consequences`). Arguments: campaign (Campaign), participants (QuerySet), name (str), day (date, None: removed).
date_set_asked = Signal()


def erasure_consequences(influencer: object) -> list[str]:
    """What the floors above say that erasing the influencer would do."""
    answers = influencer_erasure_asked.send(type(influencer), influencer=influencer)
    return [sentence for _receiver, sentences in answers for sentence in sentences or ()]


def entry_consequences(stage: object, influencers: object) -> list[str]:
    """What the floors above say that bringing these influencers (a query) to the stage would set off."""
    answers = stage_entry_asked.send(type(stage), stage=stage, influencers=influencers)
    return [sentence for _receiver, sentences in answers for sentence in sentences or ()]


def stage_uses(stage: object) -> list[str]:
    """What the floors above still need the stage for."""
    answers = stage_removal_asked.send(type(stage), stage=stage)
    return [sentence for _receiver, sentences in answers for sentence in sentences or ()]


def date_names(campaign: object) -> list[str]:
    """The names of participants' dates that the floors above go by in the campaign."""
    answers = date_names_asked.send(type(campaign), campaign=campaign)
    return [name for _receiver, names in answers for name in names or ()]


def date_consequences(campaign: object, participants: object, name: str, day: object) -> list[str]:
    """What the floors above say that giving these participants (a query) the date would do; `day` is None to remove it."""
    answers = date_set_asked.send(
        type(campaign), campaign=campaign, participants=participants, name=name, day=day
    )
    return [sentence for _receiver, sentences in answers for sentence in sentences or ()]
