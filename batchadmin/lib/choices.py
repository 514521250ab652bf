"""A choice among rows that are read once, however often the form needs them."""

# django-stubs knows little of the insides of these fields.
# mypy: disable-error-code="misc,no-untyped-call,type-arg"

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.models import ModelChoiceIterator


class _Options(ModelChoiceIterator):
    """The options, from the rows that have been read."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        yield from (self.choice(row) for row in self.queryset)


class RowChoiceField(forms.ModelChoiceField):
    """One of some dozens or hundreds of rows.

    The framework's field asks for its rows once for the options, and once more for the row that was chosen; and two fields
    of one form that offer the same rows ask each for themselves.
    """

    iterator = _Options

    def offer(self, rows: QuerySet[Any]) -> None:
        """Offer these rows: what they have read, or will, is shared with every field that is given the same."""
        self._queryset = rows
        self.widget.choices = self.choices

    def to_python(self, value: Any) -> Model | None:
        """The row with this id; raises ValidationError if it isn't offered."""
        if value in self.empty_values:
            return None
        self.validate_no_null_characters(value)
        wanted = str(value.pk if isinstance(value, Model) else value)
        for row in self._queryset or ():
            if str(row.pk) == wanted:
                found: Model = row
                return found
        raise ValidationError(
            self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
        )
