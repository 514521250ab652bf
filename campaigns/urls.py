"""The addresses of this app's pages, below /p/<program>/."""

from django.urls import path

from campaigns.views import (
    campaigns,
    dates,
    erasing,
    import_steps,
    imports,
    influencers,
    selected,
    subscriptions,
)

urlpatterns = [
    path("influencers/", influencers.influencers, name="influencers"),
    path("influencers/new/", influencers.influencer_new, name="influencer-new"),
    path("influencers/add-to-campaign/", selected.selection_add, name="selection-add"),
    path("influencers/<int:pk>/", influencers.influencer, name="influencer"),
    path("influencers/<int:pk>/edit/", influencers.influencer_edit, name="influencer-edit"),
    path("influencers/<int:pk>/erase/", erasing.influencer_erase_page, name="influencer-erase"),
    path(
        "influencers/<int:pk>/opt-out/<slug:channel_type>/",
        influencers.influencer_opt_out,
        name="influencer-opt-out",
    ),
    path("influencers/<int:pk>/addresses/new/", subscriptions.subscription_new, name="subscription-new"),
    path(
        "influencers/<int:pk>/addresses/<int:subscription>/",
        subscriptions.subscription_edit,
        name="subscription-edit",
    ),
    path(
        "influencers/<int:pk>/addresses/<int:subscription>/remove/",
        subscriptions.subscription_drop,
        name="subscription-drop",
    ),
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.campaign_new, name="campaign-new"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/stages/", campaigns.campaign_stages, name="campaign-stages"),
    path("campaigns/<int:pk>/move/", selected.selection_move, name="selection-move"),
    path("campaigns/<int:pk>/date/", dates.selection_date, name="selection-date"),
    path("settings/imports/", imports.imports, name="imports"),
    path("settings/imports/new/", import_steps.import_new, name="import-new"),
    path("settings/imports/<int:pk>/", imports.import_page, name="import"),
    path("settings/imports/<int:pk>/check/", import_steps.import_checked, name="import-check"),
    path("settings/imports/<int:pk>/check/stop/", import_steps.import_check_stop, name="import-check-stop"),
    path("settings/imports/<int:pk>/restart/", imports.import_anew, name="import-restart"),
    path("settings/imports/<int:pk>/stop/", imports.import_halt, name="import-stop"),
    path("settings/imports/<int:pk>/drop/", imports.import_drop, name="import-drop"),
    path("settings/imports/<int:pk>/rejected/", imports.import_rejected, name="import-rejected"),
]
