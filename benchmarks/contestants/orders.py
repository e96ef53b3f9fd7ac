"""A contestant as it sees itself: it does what lines of standard input say.

Each line is a list in JSON, a word and its arguments; so is the answer.
"""

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any


def obey(*functions: Callable[..., Any]) -> None:
    """Do what is told, until the end of standard input.

    Args:
        functions: what can be told, by their names.
    """
    orders = {function.__name__: function for function in functions}
    answers = sys.stdout
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        # What a command says is no answer.
        with redirect_stdout(io.StringIO()):
            answer = orders[order](*arguments)
        print(json.dumps([answer]), file=answers, flush=True)
