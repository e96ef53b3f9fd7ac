# serializers.py
# DRF serializers for search results
from rest_framework import serializers

class ProductSearchResultSerializer(serializers.Serializer):
    """Serializer for Elasticsearch search results"""

    name = serializers.CharField()
    description = serializers.CharField()
    price = serializers.FloatField()
    category = serializers.CharField()
    brand = serializers.CharField()
    sku = serializers.CharField()

    # Elasticsearch score for relevance ranking
    score = serializers.SerializerMethodField()

    def get_score(self, obj):
        """Extract the relevance score from the hit"""
        return obj.get('score')


class FacetSerializer(serializers.Serializer):
    """Serializer for facet buckets"""

    name = serializers.CharField()
    count = serializers.IntegerField()


class SearchResponseSerializer(serializers.Serializer):
    """Serializer for complete search response"""

    results = ProductSearchResultSerializer(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    facets = serializers.DictField(required=False)
