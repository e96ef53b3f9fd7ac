"""Users who open the pages, each in a test client that is signed in."""

from django.contrib.auth.models import Permission, User
from django.test import Client


def visitor(*rights: str, staff: bool = True, superuser: bool = False) -> Client:
    """Return a client signed in as a user of these rights.

    Args:
        rights: ``app.codename`` of each.
    """
    user = User.objects.create(
        username=f"visitor-{User.objects.count()}", is_staff=staff, is_superuser=superuser
    )
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    client = Client()
    client.force_login(user)
    return client


def anyone_who_may_look() -> Client:
    """Return a client of a user who may view connections, indices, products, and nothing else."""
    return visitor("elasticsearch.view_connection", "elasticsearch.view_index", "shop.view_product")
