"""The answers of the views, as serializers for the schema."""

from rest_framework import serializers


class SearchResultsSerializer(serializers.Serializer):
    """One page of a search. Subclass it to declare the fields of ``results``."""

    results = serializers.ListField(child=serializers.DictField())
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    next = serializers.CharField(required=False, allow_null=True)
    promoted = serializers.IntegerField(required=False)
    facets = serializers.DictField(required=False)
    error = serializers.CharField(required=False)
    warning = serializers.CharField(required=False)


class ProblemSerializer(serializers.Serializer):
    """The error of a request."""

    error = serializers.CharField()
    parameter = serializers.CharField(allow_blank=True)


class SuggestionSerializer(serializers.Serializer):
    """A completion of a word."""

    text = serializers.CharField()
    score = serializers.FloatField()


class SuggestionsSerializer(serializers.Serializer):
    """The suggestions, the best first."""

    suggestions = SuggestionSerializer(many=True)
