"""The shop's search in Django REST Framework's terms."""

from typing import Any

from rest_framework import serializers

from django_es_admin.rest import SearchResultsSerializer


class ProductSearchResultSerializer(serializers.Serializer):
    """A product that was found."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    price = serializers.FloatField()
    category = serializers.CharField(source="category.name")
    brand = serializers.CharField()
    sku = serializers.CharField()
    score = serializers.SerializerMethodField()
    promoted = serializers.BooleanField(required=False)
    click = serializers.CharField(required=False)
    highlights = serializers.DictField(
        required=False, child=serializers.ListField(child=serializers.CharField())
    )

    def get_score(self, product: dict[str, Any]) -> float | None:
        """Return how well it fits; None where that is not what puts it there."""
        score: float | None = product["score"]
        return score


class FacetSerializer(serializers.Serializer):
    """One value of a facet."""

    name = serializers.CharField()
    count = serializers.IntegerField()


class StatsSerializer(serializers.Serializer):
    """How a number is spread; empty where there are no products."""

    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    avg = serializers.FloatField(allow_null=True)


class FacetsSerializer(serializers.Serializer):
    """What there is to choose from."""

    categories = FacetSerializer(many=True)
    brands = FacetSerializer(many=True)
    price_ranges = FacetSerializer(many=True)
    price_stats = StatsSerializer()


class SearchResponseSerializer(SearchResultsSerializer):
    """One page of products."""

    results = ProductSearchResultSerializer(many=True)
    facets = FacetsSerializer(required=False)
