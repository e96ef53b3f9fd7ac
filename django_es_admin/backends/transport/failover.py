"""Let another node answer a read that one could not answer; to repeat a read is harmless."""

from typing import Any

from elastic_transport import Transport, TransportApiResponse
from elastic_transport.client_utils import DEFAULT

from ..guard.limits import reads_only

# What elasticsearch-py did by default when `retry_on_timeout` was its only option.
_TIMEOUT_RETRIES = 3


def with_failover(transport_class: type[Transport]) -> type[Transport]:
    """Return a transport that repeats a failed read once per further node.

    Writes stay as they were sent: a repeated one could arrive late and twice. Whoever gives
    ``max_retries``, in ``PARAMS`` or for a request, gets just these.
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
            if max_retries is DEFAULT:
                max_retries = 0
                if reads_only(method, target):
                    again = retry_on_timeout is not DEFAULT and retry_on_timeout
                    max_retries = max(len(self.node_pool) - 1, _TIMEOUT_RETRIES if again else 0)
            response: TransportApiResponse = super().perform_request(
                method, target, max_retries=max_retries, retry_on_timeout=retry_on_timeout, **kwargs
            )
            return response

    return FailoverTransport
