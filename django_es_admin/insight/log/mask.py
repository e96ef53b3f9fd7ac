"""Hide personal data in the words of a search before they are stored."""

import re

EMAIL, NUMBER = "<email>", "<number>"

_SIGN = "@\uff20\ufe6b"
_AT = rf"(?:[{_SIGN}]|%40|&#64;)"
_OUTSIDE = rf"\s{_SIGN}<>\"(),;:\[\]{{}}"
# Only from the beginning of a word, because a long word would otherwise take a long time.
_LOCAL = rf"(?:\"[^\"]*\"|(?<![^{_OUTSIDE}])[^{_OUTSIDE}]+)"
_HOST = r"[^\s<>\"'(),;:]+"
_EMAIL = re.compile(
    rf"{_LOCAL}{_AT}{_HOST}"
    # Also with spaces around the sign, and with words in place of it.
    rf"|{_LOCAL}\s*[{_SIGN}]\s*{_HOST}\.\w+"
    rf"|{_LOCAL}\s*[\[({{]\s*(?:at|@)\s*[\])}}]\s*{_HOST}(?:\s*[\[({{]\s*(?:dot|\.)\s*[\])}}]\s*\w+)*",
    re.IGNORECASE,
)
# Seven digits, or nine with separators: telephone, card and account numbers.
_LONG = re.compile(r"\+?\d{7,}")
_BETWEEN = r"(?:[ ./()\-\u2010-\u2015\u2212_\u00b7\u2022|*]{0,3}|,)"
_GROUPED = re.compile(rf"(?<!\d)(?:(?<!\w)[A-Za-z]{{2}})?[+(]{{0,2}}\d(?:{_BETWEEN}\d){{8,}}")


def mask(text: str) -> str | None:
    """Return ``text`` without e-mail addresses and long numbers: the default of ``MASK``.

    A hook of the project has this signature. It returns None for a search that must not be stored.
    """
    for pattern, instead in ((_EMAIL, EMAIL), (_GROUPED, NUMBER), (_LONG, NUMBER)):
        text = pattern.sub(instead, text)
    return text
