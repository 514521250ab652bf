"""A page that lives, for tests in a browser: what it shows and how it answers is what the test says."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from batchadmin.lib.htmx import fragment_asked, render_live


@dataclass
class State:
    """What the page shows, how it answers, and how it has been asked."""

    sent: int = 10
    ended: bool = False
    answer_with: int = 200
    asked: list[str] = field(default_factory=list)


state = State()


def living(request: HttpRequest) -> HttpResponse:
    """The page and its pieces."""
    if fragment_asked(request) == "live":
        state.asked.append(request.headers["HX-Live-Version"])
        if state.answer_with != 200:
            return HttpResponse(status=state.answer_with)
    context = {"sent": state.sent, "total": 100, "ended": state.ended}
    return render_live(request, "living.html", context, version=str(state.sent), ended=state.ended)


urlpatterns = [path("living/", living), path("", include("batchadmin.urls"))]
