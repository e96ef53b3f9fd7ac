"""The marks of a search with operators, as people type them, and what only looks like one."""

import re

KEYWORDS = ("AND", "OR", "NOT")
SIGNS = "+-"
COMPARISON = re.compile(r"(>=|<=|>|<)\s*")
SIDES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
RANGE = re.compile(r"([\[{])\s*([^\s\]}]+)\s+[Tt][Oo]\s+([^\s\]}]+)\s*([\]}])")
# Marks that end a sentence, or a bracket around it, and nothing else before the next space.
NO_VALUE = r"[,;.!?)]{0,9}(?:\s|$)"
EMPTY = re.compile(NO_VALUE)
# As in the name of a module, "Version::Compare"; not "::1", which is an address.
NO_FIELD = re.compile(r"::[^\W\d_]")
# No longer than any name is, or many signs would be looked at from each of them to the end.
NAMED = re.compile(rf'(?:^|(?<=[\s(+-]))([^\s:"()]{{1,200}}):(?!{NO_VALUE}|:[^\W\d_])')
AFTER_PHRASE = frozenset(".,;:!?)")
# After the name of a field, the quotation marks of all languages are some: keyboards put them in.
QUOTES = {
    "'": "'",
    "\u2018": "\u2019\u2018",
    "\u2019": "\u2019",
    "\u201a": "\u2018\u2019",
    "\u201c": "\u201d\u201c",
    "\u201d": "\u201d",
    "\u201e": "\u201c\u201d",
    "\xab": "\xbb",
    "\xbb": "\xab",
    "\u2039": "\u203a",
    "\u203a": "\u2039",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    "\uff02": "\uff02",
}
DIGIT = re.compile(r"\.?\d")
# A number whose sign is its own, without the name of a field: of a telephone, "-20%", "-18 °C".
UNITS = "%\u2030\xb0\u2103\u2109$\xa3\xa5\u20ac"
SIGNED_NUMBER = re.compile(rf"\+\.?\d|-\.?\d[\d.,]{{0,30}}\s?[{UNITS}]")
# As in "they are -red, -blue and -green".
PROSE = ",;.!?"
# With a backslash before, it is no operator.
ESCAPED = frozenset(':"()+-')
