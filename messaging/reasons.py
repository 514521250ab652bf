"""The reasons that messages have for not arriving: code, policy, plain words, what to do next."""

from django.utils.translation import gettext_lazy as _

from batches.reasons import Policy, Reason, register

from .phone_reasons import PHONE, TWILIO, WHATSAPP

_LATER = _("Try later")
_NOTHING = _("Nothing: tried again by itself")
_CORRECT = _("Correct the address")

REASONS = (
    Reason("no_address", Policy.SKIP, _("No e-mail address or phone number"), _("Add one")),
    Reason("opted_out", Policy.SKIP, _("Opted out of this channel"), _("Use another channel")),
    Reason("suppressed", Policy.SKIP, _("Messages to this address came back"), _CORRECT),
    Reason("missing_variable", Policy.SKIP, _("A value is missing, and has no default"), _("Fill it in")),
    Reason("cannot_render", Policy.SKIP, _("The message can't be filled in"), _("Change the message")),
    Reason("bad_address", Policy.SKIP, _("Not an address that can be written to"), _CORRECT),
    Reason(
        "duplicate_address", Policy.SKIP, _("Same address as somebody else"),
        _("Give one of the two another address, or erase one"),
    ),
    Reason("already_received", Policy.SKIP, _("Has got this message already"), _("Nothing")),
    Reason("erased", Policy.SKIP, _("Erased from the program"), _("Nothing")),
    Reason("too_old", Policy.FINAL, _("Waited past its time limit"), _("Restart")),
    Reason("channel_paused", Policy.PAUSE, _("The channel is paused"), _("Resume the channel")),
    Reason("daily_limit", Policy.SLOW_DOWN, _("The day's limit is reached"), _("Nothing: goes on tomorrow")),
    Reason("slow_down", Policy.SLOW_DOWN, _("Faster than the provider allows"), _("Lower the pace")),
    Reason(
        "not_installed", Policy.PAUSE, _("This channel's provider is not installed here"),
        _("Whoever runs Batchadmin: install it again"),
    ),
    Reason("no_starttls", Policy.PAUSE, _("The server offers no encryption"), _("Owner: check the channel")),
    Reason("no_auth", Policy.PAUSE, _("The server offers no log-in"), _("Owner: check the channel")),
    Reason(
        "no_tls", Policy.PAUSE, _("Server and we could not agree on encryption"),
        _("Owner: check port and encryption"),
    ),
    Reason(
        "bad_certificate", Policy.PAUSE, _("The server's certificate can't be trusted"),
        _("Owner: check the server's name, and its certificate"),
    ),
    Reason(
        "sender_refused", Policy.PAUSE, _("The server doesn't take mail from our sender"),
        _("Owner: check sender address and log-in"),
    ),
    Reason("garbage", Policy.RETRY, _("The answer was no answer"), _NOTHING),
    Reason("4.0.0", Policy.RETRY, _("Their server says: later"), _NOTHING),
    Reason("4.2.1", Policy.RETRY, _("The mailbox is busy or switched off"), _NOTHING),
    Reason("4.2.2", Policy.RETRY, _("Mailbox full"), _LATER),
    Reason("4.3.0", Policy.RETRY, _("Their server has a fault"), _NOTHING),
    Reason("4.3.1", Policy.RETRY, _("Their server has no room"), _NOTHING),
    Reason("4.4.1", Policy.RETRY, _("Their server is silent"), _NOTHING),
    Reason("4.7.1", Policy.RETRY, _("Their server says: later"), _NOTHING),
    Reason("5.1.0", Policy.FINAL, _("Their server doesn't take this address"), _CORRECT),
    Reason("5.1.1", Policy.FINAL, _("No such mailbox"), _CORRECT, hopeless=True),
    Reason("5.1.2", Policy.FINAL, _("No such domain"), _CORRECT, hopeless=True),
    Reason("5.1.3", Policy.FINAL, _("Not a valid address"), _CORRECT, hopeless=True),
    Reason("5.1.6", Policy.FINAL, _("The mailbox has moved"), _CORRECT, hopeless=True),
    Reason("5.2.0", Policy.FINAL, _("The mailbox takes nothing at present"), _LATER),
    Reason("5.2.1", Policy.FINAL, _("The mailbox is switched off"), _CORRECT, hopeless=True),
    Reason("5.2.2", Policy.FINAL, _("Mailbox full"), _LATER),
    Reason("5.3.0", Policy.FINAL, _("Their server can't take it"), _LATER),
    Reason("5.3.4", Policy.FINAL, _("The message is too large for their server"), _("Shorten it")),
    Reason("5.4.0", Policy.FINAL, _("There is no way to their server"), _CORRECT),
    Reason("5.5.0", Policy.FINAL, _("Their server doesn't understand ours"), _("Copy it for support")),
    Reason("5.6.0", Policy.FINAL, _("Their server doesn't take a message of this form"), _("Change the message")),
    Reason("5.7.1", Policy.FINAL, _("Refused by their rules"), _("Check wording and sender")),
    Reason("5.7.26", Policy.FINAL, _("The sender is not proven (SPF, DKIM)"), _("Owner: set up DNS")),
    Reason("5.7.8", Policy.PAUSE, _("Our log-in is refused"), _("Owner: correct the password")),
    Reason("bounced", Policy.FINAL, _("Came back from their server"), _LATER),
    Reason("refused_by_service", Policy.FINAL, _("The e-mail service refuses this address"), _CORRECT),
    Reason("other", Policy.FINAL, _("Refused for another reason"), _("Copy it for support")),
)  # fmt: skip

SMTP_CODES = frozenset(reason.code for reason in REASONS if reason.code[:2] in ("4.", "5."))
ALL = (*REASONS, *PHONE, *WHATSAPP, *TWILIO)

# Faults of the provider as a whole: they say nothing about a recipient, so they burn no attempt and pause the channel.
CHANNEL_FAULTS = frozenset({"connection", *(reason.code for reason in ALL if reason.policy is Policy.PAUSE)})


def reasons_register() -> None:
    """Add these reasons to the table that pages look them up in."""
    register(*ALL)
