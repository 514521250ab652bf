"""Forms that outlive a log-in: what was sent after the session had ended waits in the new session until somebody logs in.

A view that is decorated with `member_required(..., keeps_form=True)` takes it back with `carried_take`, and shows it again
instead of doing it. Its form says who wrote it in a hidden field, so that nobody reads what somebody else typed.
"""

from django.http import HttpRequest

from batchadmin.accounts.throttling import keeping_wait

CARRIED = "carried"
AUTHOR = "author"  # the hidden field: the user's id
MOST = 500_000  # characters; a session is read with every request
NOT_CARRIED = ("csrfmiddlewaretoken", "action")


def carried_put(request: HttpRequest) -> None:
    """Keep what this request has sent. Does nothing for one that sends nothing, or more than a session should hold.

    Nor for an IP address that has sent KEPT_PER_MINUTE of them: anybody can send one, and each is kept for weeks.
    """
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in NOT_CARRIED}
    size = sum(len(text) for name, values in fields.items() for text in (name, *values))
    if fields and size <= MOST and not keeping_wait(request):
        request.session[CARRIED] = {"path": request.path, "fields": fields}


def carried_here(request: HttpRequest) -> bool:
    """Whether what this address was sent waits for the log-in."""
    return bool(request.session.get(CARRIED, {}).get("path") == request.path)


def carried_take(request: HttpRequest) -> dict[str, list[str]] | None:
    """What was sent to this address before the log-in, once; None if there is nothing, or another user sent it."""
    kept = request.session.get(CARRIED)
    if not kept or kept["path"] != request.path:
        return None
    del request.session[CARRIED]
    fields: dict[str, list[str]] = kept["fields"]
    return fields if fields.get(AUTHOR) == [str(request.user.pk)] else None
