"""What modules of a project keep from the time when they were imported."""

from django_es_admin import connections
from library.documents import BookDocument

connection = connections["default"]
client = connections["default"].client
writer = connections["default"].writer(5)
patient = connections["default"].client.options(request_timeout=30)
slow = connections["default"].options(request_timeout=30)
indices = client.indices
search = BookDocument.search()
live = BookDocument.django.alias
