"""The addresses that recipients open: outside of programs, without a log-in."""

from django.urls import path

from .views import unsubscribe

urlpatterns = [path("<str:token>/", unsubscribe.unsubscribe, name="unsubscribe")]
