"""Ask another node if one fails, if repeating the request is harmless.

A read may be repeated. A write may be repeated only if none of it was sent, because otherwise it
could arrive late and twice.
"""

from functools import partial
from typing import Any

from elastic_transport import Transport, TransportApiResponse
from elastic_transport.client_utils import DEFAULT

from ..guard.limits import reads_only
from .nodes import NotConnected

# The default of elasticsearch-py when `retry_on_timeout` was the only option.
_TIMEOUT_RETRIES = 3


def with_failover(transport_class: type[Transport], *, given: bool) -> type[Transport]:
    """Return a transport that repeats a failed read once on each other node.

    If a node refuses the connection, the request is sent to the next node, also if it is a write.

    Args:
        given: whether ``PARAMS`` have ``max_retries``. If they, or the request, have it, a request
            that was sent is repeated exactly that often.
    """

    class FailoverTransport(transport_class):  # type: ignore[misc, valid-type]
        def perform_request(
            self,
            method: str,
            target: str,
            *,
            max_retries: Any = DEFAULT,
            retry_on_timeout: Any = DEFAULT,
            **kwargs: Any,
        ) -> TransportApiResponse:
            if max_retries is DEFAULT and given:
                max_retries = self.max_retries
            elif max_retries is DEFAULT:
                max_retries = 0
                if reads_only(method, target):
                    again = retry_on_timeout is not DEFAULT and retry_on_timeout
                    max_retries = max(len(self.node_pool) - 1, _TIMEOUT_RETRIES if again else 0)
            send: partial[TransportApiResponse] = partial(
                super().perform_request,
                method,
                target,
                max_retries=max_retries,
                retry_on_timeout=retry_on_timeout,
                **kwargs,
            )
            # The client also counts requests that were never sent as attempts.
            for _node in range(len(self.node_pool) - 1 - max_retries):
                try:
                    return send()
                except NotConnected:
                    # This node is marked as dead, so the next attempt uses another one.
                    continue
            return send()

    return FailoverTransport
