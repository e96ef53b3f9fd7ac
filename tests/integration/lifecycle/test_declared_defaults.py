"""What is declared as Elasticsearch would take it anyway is no difference, in each deployment."""

from dataclasses import replace
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.backends.transport.deadline import Deadline
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.indices.diff import compare_mappings
from django_es_admin.indices.live import read_indices
from django_es_admin.lifecycle.changed import differing_settings

NO_BOUND = 2_147_483_647

FIELDS: list[dict[str, Any]] = [
    {"type": kind, name: value}
    for kind, parameters in {
        "text": {
            "analyzer": "default",
            "eager_global_ordinals": "false",
            "fielddata": False,
            "index": True,
            "index_options": "positions",
            "index_phrases": False,
            "index_prefixes": {},
            "norms": True,
            "position_increment_gap": 100,
            "store": False,
            "search_analyzer": "default",
            "search_quote_analyzer": "default",
            "similarity": "BM25",
            "term_vector": "no",
            "meta": {},
            "copy_to": "all",
        },
        "keyword": {
            "doc_values": True,
            "ignore_above": NO_BOUND,
            "index_options": "docs",
            "norms": False,
            "null_value": None,
            "split_queries_on_whitespace": False,
            "time_series_dimension": False,
            "on_script_error": "fail",
            "script": {"source": "emit('x')"},
            "copy_to": [],
        },
        "long": {"coerce": True, "time_series_metric": None, "null_value": "7", "index": "true"},
        "boolean": {"null_value": "false", "doc_values": True},
        "double": {"null_value": "1.5", "ignore_malformed": False},
        "date": {
            "format": "strict_date_optional_time||epoch_millis",
            "locale": "ROOT",
            "ignore_malformed": False,
        },
        "date_nanos": {"format": "strict_date_optional_time_nanos||epoch_millis"},
        "date_range": {"format": "strict_date_optional_time||epoch_millis", "locale": "en-US"},
        "binary": {"doc_values": False, "store": False},
        "geo_point": {"null_value": "1,2", "ignore_z_value": True},
        "flattened": {"depth_limit": 20, "ignore_above": NO_BOUND, "index_options": "docs"},
        "completion": {"analyzer": "simple", "search_analyzer": "simple", "max_input_length": 50},
        "object": {"dynamic": True, "enabled": True, "subobjects": True, "properties": {}},
        "nested": {"include_in_parent": False, "include_in_root": False, "dynamic": "true"},
    }.items()
    for name, value in parameters.items()
]
FIELDS += [
    {"type": "text", "analyzer": "english", "search_analyzer": "english"},
    {"type": "text", "fielddata": True, "fielddata_frequency_filter": {"min": 0.01}},
    {"type": "geo_point", "null_value": [2, 1]},
    {"type": "dense_vector", "dims": 3, "element_type": "float", "index_options": {"type": "hnsw"}},
    {"type": "completion", "contexts": [{"name": "c", "type": "category"}]},
    {"type": "join", "relations": {"q": ["a"], "a": ["b", "c"]}},
    {"type": "keyword", "fields": {"words": {"type": "text", "index_options": "positions"}}},
]

DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "text", "index_options": "docs"}, {"type": "text"}),
    ({"type": "text"}, {"type": "text", "index_options": "docs"}),
    ({"type": "keyword", "norms": True}, {"type": "keyword"}),
    ({"type": "binary", "doc_values": True}, {"type": "binary"}),
    ({"type": "date", "format": "yyyy"}, {"type": "date"}),
    ({"type": "date", "locale": "de"}, {"type": "date", "locale": "fr"}),
    ({"type": "text", "analyzer": "english"}, {"type": "text", "analyzer": "standard"}),
    ({"type": "text", "analyzer": "english"}, {"type": "text"}),
    (
        {"type": "text", "analyzer": "english", "search_analyzer": "standard"},
        {"type": "text", "analyzer": "english"},
    ),
    ({"type": "text", "index_prefixes": {"min_chars": 1}}, {"type": "text", "index_prefixes": {}}),
    ({"type": "text", "copy_to": "all"}, {"type": "text", "copy_to": ["all", "more"]}),
    ({"type": "geo_point", "null_value": "1,2"}, {"type": "geo_point", "null_value": [1, 2]}),
    ({"type": "flattened", "depth_limit": 5}, {"type": "flattened"}),
    (
        {"type": "dense_vector", "dims": 3, "index_options": {"type": "hnsw", "m": 8}},
        {"type": "dense_vector", "dims": 3, "index_options": {"type": "hnsw", "m": 16}},
    ),
    ({"type": "join", "relations": {"q": ["a"]}}, {"type": "join", "relations": {"q": "b"}}),
]

SETTINGS: dict[str, Any] = {
    "number_of_routing_shards": 4,
    "index": {"refresh_interval": "5s"},
    "auto_expand_replicas": False,
    "max_ngram_diff": "10",
    "similarity": {"default": {"type": "BM25", "b": 1e-5, "k1": 1.0}},
    "analysis": {
        "filter": {"none": {"type": "stop", "stopwords": []}},
        "analyzer": {"own": {"tokenizer": "standard", "filter": ["none"], "char_filter": []}},
    },
}


def test_defaults_of_fields(es: Elasticsearch, definition: IndexDefinition) -> None:
    # One index may have one join, and each name one field.
    declared = {f"field{number}": field for number, field in enumerate(FIELDS)}
    mappings = {"properties": {**declared, "all": {"type": "text"}}}
    name = f"{definition.alias}-defaults"
    es.indices.create(index=name, mappings=mappings)
    live = es.indices.get_mapping(index=name)[name]["mappings"]
    es.indices.delete(index=name)
    found = {one.path: (one.declared, one.live) for one in compare_mappings(mappings, live)}
    assert found == {}


@pytest.mark.parametrize(("declared", "live"), DIFFERENT)
def test_what_is_a_difference(declared: dict[str, Any], live: dict[str, Any]) -> None:
    for one, other in ((declared, live), (live, declared)):
        [found] = compare_mappings({"properties": {"f": one}}, {"properties": {"f": other}})
        assert found.path == "f"


def test_defaults_of_settings(es: Elasticsearch, definition: IndexDefinition) -> None:
    name = f"{definition.alias}-settings"
    es.indices.create(index=name, settings=SETTINGS)
    index = read_indices(definition.connection, Deadline(10)).by_name[name]
    es.indices.delete(index=name)
    assert differing_settings(replace(definition, settings=SETTINGS), index) == ()
    for changed in (
        {"index": {"refresh_interval": "6s"}},
        {"similarity": {"default": {"type": "BM25", "b": 2e-5}}},
        {"analysis": {"filter": {"none": {"type": "stop", "stopwords": ["a"]}}}},
    ):
        other = replace(definition, settings={**SETTINGS, **changed})
        assert len(differing_settings(other, index)) == 1
