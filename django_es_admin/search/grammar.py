"""luqum's parser, made without leaving anything behind.

Importing it makes its tables, where those that it brings are of another Python. It would say so on
the console, and write them and a report beside its own code.
"""

from functools import cache, partial
from importlib import import_module
from typing import Any

from ply import yacc


@cache
def get_parser() -> Any:
    """Return the module with luqum's ``parser`` and ``lexer``; made when first needed."""
    make = yacc.yacc
    yacc.yacc = partial(make, write_tables=False, debug=False, errorlog=yacc.NullLogger())
    try:
        return import_module("luqum.parser")
    finally:
        yacc.yacc = make
