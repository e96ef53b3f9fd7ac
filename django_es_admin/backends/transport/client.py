"""The official client, whose errors do not show its configuration."""

from typing import Any

from elastic_transport import ApiResponse, SerializationError
from elasticsearch import Elasticsearch

from .frames import keep_frames_out_of_logs, without_frames

keep_frames_out_of_logs()


class Client(Elasticsearch):
    """Raises the client's errors without their frames, which contain credentials."""

    def perform_request(self, method: str, path: str, **arguments: Any) -> ApiResponse[Any]:
        """Send a request. All methods of the client use this method."""
        failure: Exception
        try:
            return super().perform_request(method, path, **arguments)
        except RecursionError:
            failure = SerializationError("The answer is nested too deeply")
        except Exception as error:  # noqa: BLE001 (whatever it is, it is raised again)
            failure = without_frames(error)
        # Not within the handler, which would add the first error with its frames.
        raise failure
