"""Why this app skips or rejects somebody, in words with a next step, for the engine's table of reasons."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from batches.reasons import Policy, Reason

REASONS = (
    Reason("already_there", Policy.SKIP, _("At this stage already"), _("Nothing")),
    Reason("already_in_campaign", Policy.SKIP, _("In the campaign already"), _("Move them instead")),
    Reason("moved_meanwhile", Policy.SKIP, _("Moved elsewhere meanwhile"), _("Look where they are now")),
    Reason("not_in_campaign", Policy.SKIP, _("Not in the campaign any more"), _("Add them to it")),
    Reason("erased", Policy.SKIP, _("Erased from the program"), _("Nothing")),
    Reason("created", Policy.SKIP, _("New")),
    Reason("updated", Policy.SKIP, _("Changed")),
    Reason("unchanged", Policy.SKIP, _("The same as before")),
    Reason("expired", Policy.FINAL, _("Not done within a day"), _("Import the file again")),
    Reason("invalid_email", Policy.FINAL, _("Not an e-mail address"), _("Correct it in the file")),
    Reason("invalid_msisdn", Policy.FINAL, _("Not a phone number"), _("Write it like +49 151 2345678")),
    Reason("invalid_handle", Policy.FINAL, _("Not a handle"), _("Write it like @zoem")),
    Reason("too_long", Policy.FINAL, _("Too long"), _("Shorten it in the file")),
    Reason(
        "too_many_values",
        Policy.FINAL,
        _("More values than columns"),
        _("Put values with commas in quotation marks"),
    ),
    Reason(
        "missing_identifier", Policy.FINAL, _("Nothing tells who it is"), _("Add an address, ID or handle")
    ),
    Reason(
        "duplicated_email",
        Policy.FINAL,
        _("E-mail address of another row or influencer"),
        _("Keep one of them"),
    ),
    Reason(
        "duplicated_msisdn",
        Policy.FINAL,
        _("Phone number of another row or influencer"),
        _("Keep one of them"),
    ),
    Reason(
        "duplicated_external_id", Policy.FINAL, _("ID of another row or influencer"), _("Keep one of them")
    ),
    Reason(
        "duplicated_handle", Policy.FINAL, _("Handle of another row or influencer"), _("Keep one of them")
    ),
    Reason("matches_two", Policy.FINAL, _("Matches two influencers"), _("Correct the row, or those two")),
    Reason(
        "member_not_found", Policy.FINAL, _("Nobody has it"), _("Create them as well, or correct the row")
    ),
)
