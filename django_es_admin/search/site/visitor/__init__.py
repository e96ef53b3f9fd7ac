"""What a visitor may send: parameters, values, choices and pages, each read strictly.

Nothing here knows a service or asks Elasticsearch.
"""
