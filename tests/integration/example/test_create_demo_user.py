"""`manage.py create_demo_user`."""

from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def run() -> str:
    out = StringIO()
    call_command("create_demo_user", stdout=out)
    return out.getvalue()


def test_the_user_may_do_everything() -> None:
    assert run().startswith("Created")
    user = authenticate(username="admin", password="admin")
    assert user is not None
    assert user.is_superuser
    assert user.is_staff


def test_a_second_run_changes_nothing() -> None:
    run()
    before = list(get_user_model().objects.values())
    assert not run().startswith("Created")
    assert list(get_user_model().objects.values()) == before


def test_a_user_of_that_name_is_mended() -> None:
    get_user_model().objects.create_user("admin", password="forgotten", is_active=False)
    run()
    user = authenticate(username="admin", password="admin")
    assert user is not None
    assert user.is_superuser


@pytest.mark.parametrize("value", [False, None, "yes"])
def test_it_is_refused_outside_the_demo(settings: object, value: object) -> None:
    settings.DEMO = value  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="DEMO is not True"):
        run()
    assert not get_user_model().objects.exists()


def test_it_is_refused_where_the_setting_is_missing(settings: object) -> None:
    del settings.DEMO  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="DEMO is not True"):
        run()
