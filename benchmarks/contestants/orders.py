"""A contestant's own process: it carries out the orders on standard input.

Each line is a JSON list of a word and its arguments. The answer is also a line of JSON.
"""

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any


def obey(*functions: Callable[..., Any]) -> None:
    """Carry out orders until the end of standard input.

    Args:
        functions: the functions that can be ordered, by name.
    """
    orders = {function.__name__: function for function in functions}
    answers = sys.stdout
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        # The output of a command must not be read as an answer.
        with redirect_stdout(io.StringIO()):
            answer = orders[order](*arguments)
        print(json.dumps([answer]), file=answers, flush=True)
