"""The addresses that links lead to: what recipients and people open, and what providers call. Workers make links of these alone.

The API and the admin site, which no link leads to, take more memory than all of these.
"""

from django.urls import include, path

urlpatterns = [
    path("u/", include("messaging.open_urls")),
    path("o/", include("messaging.pixel_urls")),
    path("hooks/", include("messaging.hook_urls")),
    path("", include("batchadmin.accounts.urls")),
    path("p/<slug:program>/", include("batches.urls")),
    path("p/<slug:program>/", include("campaigns.urls")),
    path("p/<slug:program>/", include("messaging.triggers.urls")),
    path("p/<slug:program>/", include("messaging.urls")),
]
