"""Every address of the site; each app brings its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("u/", include("messaging.open_urls")),
    path("o/", include("messaging.pixel_urls")),
    path("hooks/", include("messaging.hook_urls")),
    path("api/v1.1/", include("messaging.trigger_api.urls")),
    path("admin/queues/", include("django_rq.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("batchadmin.api")),
    path("styleguide/", include("batchadmin.styleguide.urls")),
    path("", include("batchadmin.accounts.urls")),
    path("p/<slug:program>/", include("batches.urls")),
    path("p/<slug:program>/", include("campaigns.urls")),
    path("p/<slug:program>/", include("messaging.triggers.urls")),
    path("p/<slug:program>/", include("messaging.urls")),
]
