"""Settings > Batch Requests, a batch's page, notices, and the live pill; under the program's address."""

from django.urls import path

from .views import actions, detail, listing, notices, pill, webhooks

urlpatterns = [
    path("settings/batch-requests/", listing.batch_list, name="batches"),
    path("settings/batch-requests/<int:pk>/", detail.batch_page, name="batch"),
    path("settings/batch-requests/<int:pk>/export/", detail.batch_export, name="batch-export"),
    path("settings/batch-requests/<int:pk>/stop/", actions.batch_stop_page, name="batch-stop"),
    path("settings/batch-requests/<int:pk>/resume/", actions.batch_resume_page, name="batch-resume"),
    path("settings/webhooks/", webhooks.webhooks, name="webhooks"),
    path("settings/webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("settings/webhooks/<int:pk>/test/", webhooks.webhook_ping, name="webhook-ping"),
    path("settings/webhooks/<int:pk>/secret/", webhooks.webhook_renew, name="webhook-renew"),
    path("settings/webhooks/<int:pk>/remove/", webhooks.webhook_drop, name="webhook-remove"),
    path("settings/webhooks/told/<int:pk>/", webhooks.delivery, name="webhook-delivery"),
    path("settings/webhooks/told/<int:pk>/again/", webhooks.delivery_resend, name="webhook-resend"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/read/", notices.notices_read, name="notices-read"),
    path("notices/<int:pk>/open/", notices.notice_open, name="notice-open"),
    path("live-pill/", pill.live_pill, name="live-pill"),
]
