"""Offer choices from the settings and documents in the forms of rows."""

from collections.abc import Iterable, Mapping

from django import forms

from ....backends.display import details
from ....indices.definition import IndexDefinition


def offer(form: forms.ModelForm, choices: Mapping[str, Iterable[tuple[str, str]]]) -> None:  # type: ignore[type-arg]
    """Turn text fields of a form into choices.

    The current value of a row stays a choice, even if it is no longer declared. If there are no
    choices, the field stays a text field, and an error of the form will explain why. The form still
    validates the values, because two choices may not fit together.

    Args:
        form: the form of one row.
        choices: field -> value and title of each choice.
    """
    for name, offered in choices.items():
        field = form.fields.get(name)
        found = dict(offered)
        if field is None or not found:
            continue
        current = str(form.initial.get(name) or field.initial or "")
        if current and current not in found and form.instance.pk:
            found[current] = current
        elif current not in found:
            form.initial[name] = next(iter(found))
        field.widget = forms.Select(choices=list(found.items()))


def connections_of(definitions: Iterable[IndexDefinition]) -> list[tuple[str, str]]:
    """Return alias and label of the connections of some indices, for :func:`offer`."""
    shown = [details(d.connection) for d in definitions]
    return [
        (one.alias, one.label if one.label == one.alias else f"{one.label} ({one.alias})")
        for one in sorted(shown, key=lambda one: one.alias)
    ]


def indices_of(definitions: Iterable[IndexDefinition]) -> list[tuple[str, str]]:
    """Return the names of some indices, for :func:`offer`."""
    return [(name, name) for name in sorted({d.name for d in definitions})]
