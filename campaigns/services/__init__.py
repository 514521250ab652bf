"""The writes of this app. Callers import from here, not from the files below."""

from campaigns.services.background import (
    import_carry_on,
    import_check_cancel,
    import_check_request,
    import_restart,
    import_start_request,
)
from campaigns.services.bulks import BulkAsked, BulkRefused, bulk_request
from campaigns.services.campaigns import StageDraft, campaign_create, default_stages, stages_change
from campaigns.services.dates import NoParticipants, participants_date, participants_dates
from campaigns.services.erasing import erasures_sweep, influencer_erase
from campaigns.services.imports import (
    ImportProblem,
    import_check,
    import_discard,
    import_prepare,
    import_start,
    import_stop,
    import_upload,
)
from campaigns.services.influencers import influencer_create, influencer_update
from campaigns.services.opt_outs import PersonsOwnChoice, opt_out_lift, opt_out_set, wish_heed
from campaigns.services.purging import Purged, payloads_purge
from campaigns.services.subscriptions import subscription_remove, subscription_save
from campaigns.services.updates import (
    Moved,
    campaign_add_request,
    participants_add,
    participants_move,
    stage_move_request,
)
from campaigns.suppressions import bounces_forget, suppress

__all__ = [
    "BulkAsked",
    "BulkRefused",
    "ImportProblem",
    "Moved",
    "NoParticipants",
    "PersonsOwnChoice",
    "Purged",
    "StageDraft",
    "bounces_forget",
    "bulk_request",
    "campaign_add_request",
    "campaign_create",
    "default_stages",
    "erasures_sweep",
    "import_carry_on",
    "import_check",
    "import_check_cancel",
    "import_check_request",
    "import_discard",
    "import_prepare",
    "import_restart",
    "import_start",
    "import_start_request",
    "import_stop",
    "import_upload",
    "influencer_create",
    "influencer_erase",
    "influencer_update",
    "opt_out_lift",
    "opt_out_set",
    "participants_add",
    "participants_date",
    "participants_dates",
    "participants_move",
    "payloads_purge",
    "stage_move_request",
    "stages_change",
    "subscription_remove",
    "subscription_save",
    "suppress",
    "wish_heed",
]
