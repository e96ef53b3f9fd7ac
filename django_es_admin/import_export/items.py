"""The keys of ticked rows in the form of an export, in one field, however many they are."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

# As django-import-export names it.
FIELD = "export_items"


class KeysInput(forms.MultipleHiddenInput):
    """One hidden input for all keys.

    Django refuses a form with more fields than ``DATA_UPLOAD_MAX_NUMBER_FIELDS``, 1,000 as it
    comes; one for each key is what the stock widget makes.
    """

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the context for one input instead of many."""
        keys = json.dumps([str(key) for key in value or ()])
        return super().get_context(name, [keys] if value else [], attrs)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the keys, as they come in one input, or in many."""
        found: list[str] = []
        for value in super().value_from_datadict(data, files, name) or ():
            found += _keys(value)
        return found


def _keys(value: str) -> list[str]:
    if value.startswith("["):
        try:
            keys = json.loads(value)
        except ValueError:
            keys = None
        if isinstance(keys, list):
            return [str(key) for key in keys]
    return [value]


class KeysForm(forms.Form):
    """Goes before the bases of an export's form, to which import-export adds the field later."""

    def full_clean(self) -> None:
        """Read the keys from one input."""
        _pack(self.fields)
        super().full_clean()

    @property
    def changed_data(self) -> list[str]:
        """The names of the fields that were sent."""
        _pack(self.fields)
        return super().changed_data

    def hidden_fields(self) -> list[Any]:
        """Return the fields that are not seen."""
        _pack(self.fields)
        return super().hidden_fields()


def _pack(fields: Mapping[str, Any]) -> None:
    field = fields.get(FIELD)
    if field is not None and not isinstance(field.widget, KeysInput):
        field.widget = KeysInput()
