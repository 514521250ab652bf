"""Settings > Batch Requests, a batch's page, notices, and the live pill."""

urlpatterns: list[object] = []
