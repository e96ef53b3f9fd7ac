"""The views in OpenAPI, with the parameters of the service."""

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from ..search.site.visitor.parameters import Parameter
from .serializers import ProblemSerializer

_TYPES: Mapping[str, str] = {
    "text": "string",
    "date": "string",
    "whole": "integer",
    "number": "number",
    "flag": "boolean",
}


class SearchSchema(AutoSchema):
    """Describes a view with a ``service_class``."""

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of the view."""
        return describe(self.view.get_parameters())

    def get_response_serializers(self) -> Any:
        """Return the responses, by status."""
        answer = self.view.get_serializer_class()
        return {200: answer, 400: ProblemSerializer, 503: answer}


def describe(parameters: Iterable[Parameter]) -> list[OpenApiParameter]:
    """Return the parameters of a service in OpenAPI's format."""
    return [
        OpenApiParameter(
            parameter.name,
            type=_schema(parameter),
            description=parameter.description,
            explode=True if parameter.several else None,
            style="form" if parameter.several else None,
            default=parameter.default,
        )
        for parameter in parameters
    ]


def _schema(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _TYPES[parameter.kind]}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.minimum is not None:
        schema["minimum"] = parameter.minimum
    if parameter.maximum is not None and parameter.kind == "text":
        schema["maxLength"] = parameter.maximum
    return {"type": "array", "items": schema} if parameter.several else schema
