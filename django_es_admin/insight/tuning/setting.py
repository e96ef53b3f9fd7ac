"""A setting of a search: its fields, and how words are matched."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from ...exceptions import SearchRefused
from ...indices.definition import IndexDefinition
from ...indices.diff import flatten
from ...indices.inspection.analysis import BUILT_IN
from ...indices.synonyms import TRIAL
from ...search.site.parts import SearchParts
from ...search.text.fields import TEXTS, read_fields
from ...search.text.query import Matching, build_query
from ..ask import Question
from ..searches import KnownSearch, services_of
from ..synonyms.rewrite import on_trial

OPERATORS = ("and", "or")
FUZZINESS = ("AUTO", "0", "1", "2")
MOST_FIELDS = 50


@dataclass(frozen=True)
class Setting:
    """How one search matches words.

    Args:
        fields: the fields in Elasticsearch's terms, ``"name^3"``.
        operator: ``"and"`` or ``"or"``.
        fuzziness: how many letters may differ: ``"AUTO"``, or a number as text.
        analyzer: the analyzer of the words in text fields; "" for each field's own.
    """

    fields: tuple[str, ...]
    operator: str = "and"
    fuzziness: str = "AUTO"
    analyzer: str = ""


def setting_of(search: KnownSearch) -> Setting:
    """Return the current setting of a search."""
    parts = search.read("words")
    fields = tuple(str(field) for field in parts.fields)
    return Setting(fields, parts.matching.operator, str(parts.matching.fuzziness))


def analyzers_to_choose(definition: IndexDefinition) -> tuple[str, ...]:
    """Return the analyzers that a search of an index can use."""
    analysis = definition.settings.get("analysis") or {}
    own = [name for name in analysis.get("analyzer") or {} if not name.endswith(TRIAL)]
    return (*sorted(own), *(name for name in BUILT_IN if name not in own))


def read_setting(
    definition: IndexDefinition, fields: str, operator: str, fuzziness: str, analyzer: str
) -> Setting:
    """Return the setting that a user entered.

    Args:
        fields: the fields, separated by commas or spaces.

    Raises:
        SearchRefused: it is not a valid setting.
    """
    names = tuple(part for part in re.split(r"[\s,]+", fields) if part)
    if not 0 < len(names) <= MOST_FIELDS:
        raise SearchRefused(_("Name 1 to %(most)d fields.") % {"most": MOST_FIELDS})
    known = flatten(definition.mappings)
    for name in names:
        path, hat, boost = name.partition("^")
        if path not in known:
            text = _("The document has no field %(name)s.")
            raise SearchRefused(text % {"name": path})
        if hat and not re.fullmatch(r"(?=.*[1-9])\d{1,6}(?:\.\d{1,6})?", boost):
            raise SearchRefused(_("%(name)s: a weight is a number above 0.") % {"name": name})
    if operator not in OPERATORS or fuzziness not in FUZZINESS:
        raise SearchRefused(_("There is no such operator or number of typos."))
    if analyzer and analyzer not in analyzers_to_choose(definition):
        raise SearchRefused(_("The index has no analyzer %(name)s.") % {"name": analyzer})
    return Setting(names, operator, fuzziness, analyzer)


def parts_with(
    definition: IndexDefinition, question: Question, parts: SearchParts, setting: Setting
) -> SearchParts:
    """Return the parts of a search with another setting.

    Raises:
        SearchMisdeclared: the fields of the setting cannot be searched.
    """
    search = question.search
    matching = Matching(setting.operator, _typos(setting.fuzziness))
    service = next((one for one in services_of(definition) if one.__name__ == search.name), None)
    if service is None:
        fields = read_fields(search.document, setting.fields)
        query: Any = build_query(fields, parts.words, matching) if parts.words else parts.query
    else:
        # Change only this object, because the site uses the class. Its own get_query() is still
        # called.
        tuned: Any = service()
        tuned.fields = setting.fields
        tuned.operator, tuned.fuzziness = matching.operator, matching.fuzziness
        made = tuned.get_query(parts.words) if parts.words else parts.query
        query = made.to_dict() if hasattr(made, "to_dict") else made
    if setting.analyzer:
        query = on_trial(query, dict.fromkeys(_texts(definition), setting.analyzer))
    return replace(parts, query=query)


def declaration(definition: IndexDefinition, search: KnownSearch, setting: Setting) -> str:
    """Return lines of Python that declare a setting, to be copied."""
    service = any(one.__name__ == search.name for one in services_of(definition))
    prefix = "" if service else "search_"
    fuzziness = repr(_typos(setting.fuzziness))
    lines = [
        f"{prefix}fields = ({''.join(f'{name!r}, ' for name in setting.fields).strip()})",
        f"{prefix}operator = {setting.operator!r}",
        f"{prefix}fuzziness = {fuzziness}",
    ]
    if setting.analyzer:
        lines.append("")
        lines.append(
            "# In the document, for each of these text fields; `manage.py es_update_mapping`:"
        )
        searched = {name.partition("^")[0] for name in setting.fields}
        lines += [
            f"# {path}: search_analyzer={setting.analyzer!r}"
            for path in _texts(definition)
            if path in searched
        ]
    return "\n".join(lines).replace("'", '"')


def _typos(fuzziness: str) -> str | int:
    return int(fuzziness) if fuzziness.isdecimal() else fuzziness


def _texts(definition: IndexDefinition) -> Sequence[str]:
    return [path for path, one in flatten(definition.mappings).items() if one["type"] in TEXTS]
