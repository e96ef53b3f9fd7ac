"""What is hidden in the words of a search before they are stored."""

import re

EMAIL, NUMBER = "<email>", "<number>"

_EMAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
# Seven digits, or nine with single separators between: telephones, cards, accounts.
_LONG = re.compile(r"(?<!\w)\+?\d{7,}(?!\w)")
_GROUPED = re.compile(r"(?<!\w)(?:[A-Za-z]{2})?[+(]{0,2}\d(?:[ ./()-]{0,2}\d){8,}(?!\w)")


def mask(text: str) -> str | None:
    """Return ``text`` without e-mail addresses and long numbers: the default of ``MASK``.

    A hook of the project has this signature; it returns None for what is not to be stored at all.
    """
    for pattern, instead in ((_EMAIL, EMAIL), (_GROUPED, NUMBER), (_LONG, NUMBER)):
        text = pattern.sub(instead, text)
    return text
