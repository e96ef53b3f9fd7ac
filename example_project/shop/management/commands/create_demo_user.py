"""Create the user that the demo's guide names."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

NAME = "admin"
PASSWORD = "admin"  # noqa: S105 - well known on purpose; the command refuses outside the demo


class Command(BaseCommand):
    """Make sure that `admin` with the password `admin` is a superuser, in the demo only."""

    help = (
        "Make sure that the user admin with the password admin is a superuser. "
        "Refused unless the setting DEMO is True."
    )

    def handle(self, **options: Any) -> None:
        """Create or repair the user.

        Raises:
            CommandError: these are not the demo's settings.
        """
        if getattr(settings, "DEMO", False) is not True:
            raise CommandError(
                "Refused: everybody knows this user's password, and the setting DEMO is not True. "
                "Use createsuperuser."
            )
        users = get_user_model()._default_manager
        user = users.filter(username=NAME).first()
        if user is None:
            users.create_superuser(NAME, "admin@example.com", PASSWORD)
            self.stdout.write(f"Created the user {NAME} with the password {PASSWORD}.")
            return
        if not user.check_password(PASSWORD):
            user.set_password(PASSWORD)
        user.is_active = user.is_staff = user.is_superuser = True
        user.save()
        self.stdout.write(f"The user {NAME} with the password {PASSWORD} is there.")
