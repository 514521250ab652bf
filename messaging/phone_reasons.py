"""What WhatsApp and SMS providers' codes mean: policy, plain words, what to do next. Their status tables read the policy here."""

from django.utils.translation import gettext_lazy as _

from batches.reasons import Policy, Reason

_NOTHING = _("Nothing: tried again by itself")
_NUMBER = _("Check the number")
_MATCH = _("Match the template, then restart")
_PICK = _("Pick another template")
_OWNER_TOKEN = _("Owner: renew the access token")
_OWNER_ACCOUNT = _("Owner: look at the account in WhatsApp Manager")
_OWNER_CHECK = _("Owner: check the channel")
_COPY = _("Copy it for support")

PHONE = (
    Reason("bad_number", Policy.SKIP, _("Not a phone number with its country code"), _("Correct the number"), hopeless=True),
    Reason("longer_than_channel", Policy.FINAL, _("Longer than this channel allows"), _("Shorten it")),
    Reason("503", Policy.PAUSE, _("The provider is out of service"), _NOTHING),
)  # fmt: skip

# Codes of Meta's Cloud API, in its answers and in its receipts.
WHATSAPP = (
    Reason("0", Policy.PAUSE, _("WhatsApp doesn't accept our log-in"), _OWNER_TOKEN),
    Reason("1", Policy.UNKNOWN, _("WhatsApp had a fault of its own"), _("Wait, or decide")),
    Reason("2", Policy.PAUSE, _("WhatsApp is out of service"), _NOTHING),
    Reason("3", Policy.PAUSE, _("Our access may not send messages"), _("Owner: give it the permission")),
    Reason("4", Policy.SLOW_DOWN, _("More calls than WhatsApp allows our app"), _("Lower the pace")),
    Reason("10", Policy.PAUSE, _("Our access may not send messages"), _("Owner: give it the permission")),
    Reason("33", Policy.PAUSE, _("Our number was deleted"), _OWNER_CHECK),
    Reason("100", Policy.FINAL, _("WhatsApp doesn't accept a part of the message"), _COPY),
    Reason("190", Policy.PAUSE, _("Our access token has expired or is wrong"), _OWNER_TOKEN),
    Reason("368", Policy.PAUSE, _("WhatsApp has blocked our account for breaking its rules"), _OWNER_ACCOUNT),
    Reason("80007", Policy.SLOW_DOWN, _("More calls than WhatsApp allows our account"), _("Lower the pace")),
    Reason("130429", Policy.SLOW_DOWN, _("Faster than WhatsApp allows"), _("Lower the pace")),
    Reason("130472", Policy.FINAL, _("WhatsApp tries out sending less to this person"), _("Use another channel")),
    Reason("130497", Policy.FINAL, _("Our account may not write to this country"), _("Use another channel"), hopeless=True),
    Reason("131000", Policy.RETRY, _("WhatsApp could not send it and doesn't say why"), _NOTHING),
    Reason("131005", Policy.PAUSE, _("Our access may not send messages"), _("Owner: give it the permission")),
    Reason("131008", Policy.FINAL, _("The message lacks a part"), _COPY),
    Reason("131009", Policy.FINAL, _("WhatsApp doesn't accept a value in the message"), _MATCH),
    Reason("131016", Policy.PAUSE, _("WhatsApp is out of service"), _NOTHING),
    Reason("131021", Policy.FINAL, _("This is our own number"), _NUMBER, hopeless=True),
    Reason("131026", Policy.FINAL, _("Not on WhatsApp, or an old app"), _NUMBER, hopeless=True),
    Reason("131031", Policy.PAUSE, _("WhatsApp has locked our account"), _OWNER_ACCOUNT),
    Reason("131037", Policy.PAUSE, _("Our number's name is not approved yet"), _OWNER_ACCOUNT),
    Reason("131042", Policy.PAUSE, _("WhatsApp can't charge us"), _("Owner: check the payment method")),
    Reason("131045", Policy.PAUSE, _("Our number isn't registered"), _("Owner: register it")),
    Reason("131047", Policy.FINAL, _("Silent for over 24 hours"), _("Use an approved template")),
    Reason("131048", Policy.PAUSE, _("Too many people blocked or reported us"), _("Owner: look at the quality rating")),
    Reason("131049", Policy.FINAL, _("WhatsApp's limit on ads per person"), _("Wait a day")),
    Reason("131050", Policy.FINAL, _("Asked WhatsApp for no more ads from us"), _("Recorded as opt-out")),
    Reason("131051", Policy.FINAL, _("WhatsApp doesn't support this type of message"), _COPY),
    Reason("131052", Policy.FINAL, _("The attachment could not be fetched"), _("Attach it anew")),
    Reason("131053", Policy.FINAL, _("The attachment could not be sent"), _("Attach it anew")),
    Reason("131056", Policy.RETRY, _("Too many to one person at once"), _NOTHING),
    Reason("131057", Policy.PAUSE, _("Our account is being maintained"), _NOTHING),
    Reason("132000", Policy.FINAL, _("The template wants another number of variables"), _MATCH),
    Reason("132001", Policy.FINAL, _("No such approved template or language"), _PICK),
    Reason("132005", Policy.FINAL, _("The template with its variables is too long"), _("Shorten the values")),
    Reason("132007", Policy.FINAL, _("The template's wording breaks WhatsApp's rules"), _PICK),
    Reason("132012", Policy.FINAL, _("A variable is not as the template wants it"), _MATCH),
    Reason("132015", Policy.FINAL, _("The template is paused for low quality"), _PICK),
    Reason("132016", Policy.FINAL, _("The template is switched off for low quality"), _PICK),
    Reason("132068", Policy.FINAL, _("The template's form (Flow) is blocked"), _PICK),
    Reason("132069", Policy.FINAL, _("The template's form (Flow) is slowed down"), _("Wait an hour, then restart")),
    *(
        Reason(code, Policy.PAUSE, _("Our number isn't set up at WhatsApp yet"), _OWNER_ACCOUNT)
        for code in ("133000", "133005", "133006", "133008", "133009", "133015", "133016")
    ),
    Reason("133004", Policy.PAUSE, _("WhatsApp is out of service"), _NOTHING),
    Reason("133010", Policy.PAUSE, _("Our number isn't registered"), _("Owner: register it")),
    Reason("135000", Policy.FINAL, _("WhatsApp doesn't accept a part of the message"), _COPY),
)  # fmt: skip

# Codes of Twilio's API, in its answers and in its callbacks.
TWILIO = (
    Reason("20003", Policy.PAUSE, _("Twilio doesn't accept our log-in"), _("Owner: correct the account or token")),
    Reason("20404", Policy.PAUSE, _("Twilio knows no such account"), _("Owner: correct the account")),
    Reason("20005", Policy.PAUSE, _("Our account is not active"), _("Owner: look at the account")),
    Reason("20429", Policy.SLOW_DOWN, _("Faster than Twilio allows"), _("Lower the pace")),
    Reason("14107", Policy.SLOW_DOWN, _("Faster than Twilio allows"), _("Lower the pace")),
    Reason("21211", Policy.FINAL, _("Not a valid phone number"), _("Correct the number"), hopeless=True),
    Reason("21212", Policy.PAUSE, _("The channel's sender is no valid number"), _OWNER_CHECK),
    Reason("21408", Policy.FINAL, _("Our account may not write to this country"), _("Owner: allow the country")),
    Reason("21602", Policy.FINAL, _("The message is empty"), _("Write a message")),
    Reason("21603", Policy.PAUSE, _("The channel has no sender"), _OWNER_CHECK),
    Reason("21604", Policy.FINAL, _("There is no number to send to"), _("Correct the number")),
    Reason("21605", Policy.FINAL, _("Longer than Twilio allows"), _("Shorten it")),
    Reason("21606", Policy.PAUSE, _("Our number can't send messages"), _OWNER_CHECK),
    Reason("21607", Policy.PAUSE, _("The sender is not a number of our account"), _OWNER_CHECK),
    Reason("21608", Policy.FINAL, _("A trial account writes to proven numbers only"), _("Owner: upgrade the account")),
    Reason("21609", Policy.PAUSE, _("Twilio doesn't take our address for reports"), _("Whoever runs this site: set BASE_URL")),
    Reason("21610", Policy.FINAL, _("Replied STOP"), _("Recorded as opt-out"), hopeless=True),
    Reason("21611", Policy.SLOW_DOWN, _("Too many messages wait at Twilio"), _("Lower the pace")),
    Reason("21612", Policy.FINAL, _("This number can't be reached from ours"), _("Use another channel"), hopeless=True),
    Reason("21614", Policy.FINAL, _("Not a mobile number"), _("Find a mobile number"), hopeless=True),
    Reason("21617", Policy.FINAL, _("Longer than 1,600 characters"), _("Shorten it")),
    Reason("21619", Policy.FINAL, _("The message is empty"), _("Write a message")),
    Reason("21635", Policy.FINAL, _("A landline"), _("Find a mobile number"), hopeless=True),
    Reason("21659", Policy.PAUSE, _("The sender is not a number of our account"), _OWNER_CHECK),
    Reason("21660", Policy.PAUSE, _("The sender is not a number of our account"), _OWNER_CHECK),
    Reason("21661", Policy.PAUSE, _("Our number can't send messages"), _OWNER_CHECK),
    Reason("21701", Policy.PAUSE, _("No such messaging service"), _OWNER_CHECK),
    Reason("21703", Policy.PAUSE, _("The messaging service has no number"), _OWNER_CHECK),
    Reason("21704", Policy.PAUSE, _("The messaging service has no number"), _OWNER_CHECK),
    Reason("21705", Policy.PAUSE, _("No such messaging service"), _OWNER_CHECK),
    Reason("21730", Policy.PAUSE, _("Twilio is being maintained"), _NOTHING),
    Reason("30001", Policy.FINAL, _("Waited too long at Twilio"), _("Lower the pace, then restart")),
    Reason("30002", Policy.FINAL, _("Our account was suspended"), _("Owner: look at the account")),
    Reason("30003", Policy.RETRY, _("Phone off or out of reach"), _("Try later")),
    Reason("30004", Policy.FINAL, _("The person or the network blocks us"), _("Use another channel")),
    Reason("30005", Policy.FINAL, _("Number not in use"), _NUMBER, hopeless=True),
    Reason("30006", Policy.FINAL, _("Landline, or network out of reach"), _("Find a mobile number"), hopeless=True),
    Reason("30007", Policy.FINAL, _("The network took it for spam"), _("Check wording and sender")),
    Reason("30008", Policy.FINAL, _("The network doesn't say why"), _("Try later")),
    Reason("30009", Policy.FINAL, _("A part of it was lost on its way"), _("Restart")),
    Reason("30010", Policy.FINAL, _("Dearer than the price limit of our account"), _("Owner: look at the account")),
    Reason("30017", Policy.FINAL, _("Their network has too much to do"), _("Try later")),
    Reason("30018", Policy.FINAL, _("Their network wants senders that are registered"), _("Owner: register it")),
    Reason("30019", Policy.FINAL, _("Larger than their network allows"), _("Shorten it")),
    Reason("30022", Policy.FINAL, _("More than the network allows our number a day"), _("Wait a day")),
    Reason("30023", Policy.FINAL, _("More than the network allows us a day"), _("Wait a day")),
    Reason("30024", Policy.FINAL, _("Their network doesn't know our sender"), _("Owner: register it")),
    Reason("30027", Policy.FINAL, _("More than T-Mobile allows us a day"), _("Wait a day")),
    Reason("30032", Policy.FINAL, _("Our toll-free number is not verified"), _("Owner: have it verified")),
    Reason("30033", Policy.FINAL, _("Our registration for the US was suspended"), _("Owner: look at the account")),
    Reason("30034", Policy.FINAL, _("Our number is not registered for messages to the US"), _("Owner: register it")),
    Reason("30035", Policy.FINAL, _("Our number is still being set up"), _("Wait a day")),
    Reason("30036", Policy.FINAL, _("Waited too long at Twilio"), _("Lower the pace, then restart")),
    Reason("30037", Policy.PAUSE, _("Our account may not send messages"), _("Owner: look at the account")),
    Reason("30039", Policy.FINAL, _("Twilio took it for messages that answer each other"), _("Try later")),
    Reason("30410", Policy.FINAL, _("Their network did not answer"), _("Try later")),
    Reason("30450", Policy.FINAL, _("Twilio holds it back to guard against fraud"), _("Wait an hour, then restart")),
    Reason("30454", Policy.FINAL, _("More than Twilio allows to this place"), _("Wait a day")),
    Reason("30500", Policy.FINAL, _("Twilio had a fault of its own"), _("Restart")),
    Reason("30453", Policy.FINAL, _("Twilio took it for fraud"), _("Copy it for support")),
)  # fmt: skip
