"""The picture in HTML messages, which mail programs load: outside of programs, without a log-in."""

from django.urls import path

from .views import opens

urlpatterns = [path("<uuid:public_id>/<str:token>/", opens.picture, name="pixel")]
