"""The form of Settings > Data."""

from django import forms
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.retention_models import Retention


class RetentionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Days, or nothing."""

    class Meta:
        model = Retention
        fields = ("message_days", "batch_days", "audit_days")
        labels = {
            "message_days": _("Keep texts of messages for how many days"),
            "batch_days": _("Keep details of batches for how many days"),
            "audit_days": _("Keep the audit trail for how many days"),
        }
