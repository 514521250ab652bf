"""Addresses of channels, templates, broadcasts and chats, within a program."""

from django.urls import path

from .views import channels, chats, compose, dashboard, log, log_actions, logs, templates

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("messages/", logs.log_list, name="broadcasts"),
    path("messages/new/", compose.compose, name="broadcast-new"),
    path("messages/new/check/", compose.compose_check, name="broadcast-check"),
    path("messages/new/draft/", compose.compose_draft, name="broadcast-draft"),
    path("messages/new/discard/", compose.compose_discard, name="broadcast-discard"),
    path("messages/<int:pk>/", log.log_page, name="broadcast"),
    path("messages/<int:pk>/export/", log.log_export, name="broadcast-export"),
    path("messages/<int:pk>/restart/", log_actions.restart, name="broadcast-restart"),
    path("messages/<int:pk>/restart/edit/", log_actions.restart_edit, name="broadcast-restart-edit"),
    path("messages/<int:pk>/decide/<str:fate>/", log_actions.decide, name="broadcast-decide"),
    path("messages/<int:pk>/to/<int:key>/", chats.recipient, name="broadcast-recipient"),
    path("chats/<int:pk>/", chats.chat, name="chat"),
    path("chats/<int:pk>/reply/", chats.chat_reply, name="chat-reply"),
    path("influencers/<int:pk>/messages/", chats.influencer_messages, name="influencer-messages"),
    path("templates/", templates.template_list, name="templates"),
    path("templates/new/", templates.template_new, name="template-new"),
    path("templates/<int:pk>/", templates.template_edit, name="template"),
    path("templates/<int:pk>/copy/", templates.template_copy_page, name="template-copy"),
    path("templates/preview/", templates.template_preview, name="template-preview"),
    path("settings/channels/", channels.channel_list, name="channels"),
    path("settings/channels/new/<str:type>/", channels.channel_new, name="channel-new"),
    path("settings/channels/<int:pk>/", channels.channel_edit, name="channel"),
    path("settings/channels/<int:pk>/check/", channels.channel_check_now, name="channel-check"),
    path("settings/channels/<int:pk>/pause/", channels.channel_pause_page, name="channel-pause"),
    path("settings/channels/<int:pk>/resume/", channels.channel_resume_page, name="channel-resume"),
]
