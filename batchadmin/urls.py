"""Every address of the site; each app brings its own."""

from django.contrib import admin
from django.urls import include, path

handler400 = "batchadmin.lib.faults.bad_request"
handler500 = "batchadmin.lib.faults.server_error"

urlpatterns = [
    path("api/v1.1/", include("messaging.trigger_api.urls")),
    path("admin/queues/", include("django_rq.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("batchadmin.api")),
    path("styleguide/", include("batchadmin.styleguide.urls")),
    path("", include("batchadmin.link_urls")),
]
