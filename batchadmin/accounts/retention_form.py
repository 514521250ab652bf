"""The form of Settings > Data."""

from django import forms

from batchadmin.accounts.retention_models import Retention


class RetentionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Days, or nothing."""

    class Meta:
        model = Retention
        fields = ("message_days", "batch_days", "audit_days")
