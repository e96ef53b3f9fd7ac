# settings.py
# Elasticsearch configuration for django-elasticsearch-dsl

INSTALLED_APPS += [
    'django_es_admin',
    'django_es_admin.dsl',
    'rest_framework',
    'products',
    'related',
]

# Connection settings for Elasticsearch
ELASTICSEARCH_DSL = {
    'default': {
        'hosts': 'localhost:9200',  # Elasticsearch host and port
        # For production with authentication:
        # 'hosts': 'https://user:password@elasticsearch.example.com:9200',
        # 'http_auth': ('user', 'password'),
        # 'verify_certs': True,
    },
}

# Optional: Configure index settings
ELASTICSEARCH_DSL_INDEX_SETTINGS = {
    'number_of_shards': 1,  # Number of primary shards
    'number_of_replicas': 0,  # Number of replica shards (0 for development)
}
