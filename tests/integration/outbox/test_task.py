"""The drain as a task of django.tasks."""

from collections.abc import Callable
from typing import Any

import pytest

from django_es_admin.exceptions import ConnectionUnavailable
from django_es_admin.tasks import drain
from tests.guide.models import Product
from tests.servers import refusing_port

pytestmark = pytest.mark.usefixtures("definition")


def test_it_drains(indexed: Callable[[], dict[str, Any]], settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    Product.objects.create(name="Boot", description="", price=1)
    assert drain.call() == {"written": 1, "deleted": 0, "failed": 0}
    assert len(indexed()) == 1


def test_an_outage_fails_the_task(settings: Any) -> None:
    with refusing_port() as url:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
        Product.objects.create(name="Boot", description="", price=1)
        with pytest.raises(ConnectionUnavailable):
            drain.call()
