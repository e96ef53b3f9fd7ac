"""The shop's document as django-elasticsearch-dsl declares it."""
