"""What the views answer, in a form that can be described."""

from rest_framework import serializers


class SearchResultsSerializer(serializers.Serializer):
    """One page of a search; subclass it to say what ``results`` are."""

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
    """What is wrong with a request."""

    error = serializers.CharField()
    parameter = serializers.CharField(allow_blank=True)


class SuggestionSerializer(serializers.Serializer):
    """What the beginning of a word may become."""

    text = serializers.CharField()
    score = serializers.FloatField()


class SuggestionsSerializer(serializers.Serializer):
    """What was suggested, the best first."""

    suggestions = SuggestionSerializer(many=True)
