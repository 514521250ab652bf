"""What the list of chats can be filtered by. All of it stands in the address."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.access import MemberRequest
from campaigns.models import Influencer
from campaigns.querysets import any_of

from .models import Channel, Chat
from .querysets import ChatQuerySet

UNREAD = "unread"


def _channels(request: MemberRequest | None) -> QuerySet[Channel]:
    if request is None:
        return Channel.objects.none()
    return Channel.objects.visible_to(request.membership).in_order()


class ChatFilter(django_filters.FilterSet):
    """Words of a name, address or handle; a channel; unread ones."""

    q = django_filters.CharFilter(method="filter_words", label=_("Name, address or handle"))
    channel = django_filters.ModelChoiceFilter(label=_("Channel"), queryset=_channels, empty_label=_("Any"))
    show = django_filters.ChoiceFilter(
        method="filter_unread", label=_("Show"), choices=[(UNREAD, _("Unread"))], empty_label=_("All")
    )

    class Meta:
        model = Chat
        fields: list[str] = []

    def filter_words(self, chats: ChatQuerySet, _name: str, words: str) -> ChatQuerySet:
        """The chats of influencers who match."""
        return chats.filter(any_of("influencer_id", Influencer.objects.all().keys_found(words)))

    def filter_unread(self, chats: ChatQuerySet, _name: str, _value: str) -> ChatQuerySet:
        """Those in which somebody waits to be read."""
        return chats.unread()

    @property
    def is_active(self) -> bool:
        """Whether anything is filtered at all."""
        return any(self.data.get(name) for name in self.filters)
