"""Addresses at which something goes wrong, for the pages that say so."""

from django.core.exceptions import SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from batchadmin.urls import handler400, handler500

__all__ = ["handler400", "handler500"]


def broken(request: HttpRequest) -> HttpResponse:
    """Something of ours is wrong."""
    raise RuntimeError("secret words")


def away(request: HttpRequest) -> HttpResponse:
    """Nobody listens where the database should be."""
    other = connection.copy()
    other.settings_dict = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
    other.cursor()
    return HttpResponse("never")


def garbled(request: HttpRequest) -> HttpResponse:
    """What came in can't be read."""
    raise SuspiciousOperation


urlpatterns = [
    path("broken/", broken),
    path("away/", away),
    path("garbled/", garbled),
    path("", include("batchadmin.urls")),
]
