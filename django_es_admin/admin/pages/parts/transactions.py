"""Run views that write to Elasticsearch outside of ATOMIC_REQUESTS, where a drain is refused."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from django.db import connections
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def outside_transactions(view: View[P]) -> View[P]:
    """Return a view for which no database opens a transaction."""

    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, *args, **kwargs)

    update_wrapper(wrapped, view)
    for alias in connections:
        non_atomic_requests(using=alias)(wrapped)
    return wrapped
