"""Settings > Batch Requests, a batch's page, notices, and the live pill; under the program's address."""

from django.urls import path

from .views import actions, detail, listing, notices, pill

urlpatterns = [
    path("settings/batch-requests/", listing.batch_list, name="batches"),
    path("settings/batch-requests/<int:pk>/", detail.batch_page, name="batch"),
    path("settings/batch-requests/<int:pk>/export/", detail.batch_export, name="batch-export"),
    path("settings/batch-requests/<int:pk>/stop/", actions.batch_stop_page, name="batch-stop"),
    path("settings/batch-requests/<int:pk>/resume/", actions.batch_resume_page, name="batch-resume"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/read/", notices.notices_read, name="notices-read"),
    path("notices/<int:pk>/open/", notices.notice_open, name="notice-open"),
    path("live-pill/", pill.live_pill, name="live-pill"),
]
