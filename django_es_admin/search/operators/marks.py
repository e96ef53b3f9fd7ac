"""The characters of operators as people type them, and what only looks like one."""

import re

KEYWORDS = ("AND", "OR", "NOT")
SIGNS = "+-"
COMPARISON = re.compile(r"(>=|<=|>|<)\s*")
SIDES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
RANGE = re.compile(r"([\[{])\s*([^\s\]}]+)\s+[Tt][Oo]\s+([^\s\]}]+)\s*([\]}])")
# The end of a sentence, perhaps in brackets, with nothing else before the next space.
NO_VALUE = r"[,;.!?)]{0,9}(?:\s|$)"
EMPTY = re.compile(NO_VALUE)
# As in a module name, "Version::Compare"; not "::1", which is an IP address.
NO_FIELD = re.compile(r"::[^\W\d_]")
# Limited, so that a text with many signs is not scanned to its end from each of them.
NAMED = re.compile(rf'(?:^|(?<=[\s(+-]))([^\s:"()]{{1,200}}):(?!{NO_VALUE}|:[^\W\d_])')
AFTER_PHRASE = frozenset(".,;:!?)")
# After a field name, the quotation marks of all languages count, because keyboards insert them.
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
# A number with a sign, without a field name: a telephone number, "-20%", "-18 °C".
UNITS = "%\u2030\xb0\u2103\u2109$\xa3\xa5\u20ac"
SIGNED_NUMBER = re.compile(rf"\+\.?\d|-\.?\d[\d.,]{{0,30}}\s?[{UNITS}]")
# As in "they are -red, -blue and -green".
PROSE = ",;.!?"
# After a backslash, these are not operators.
ESCAPED = frozenset(':"()+-')
