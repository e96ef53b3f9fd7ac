"""The options of `ES_ADMIN`."""

from dataclasses import fields
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_es_admin.conf import Options, get_options, parse

NUMBERS = [field.name.upper() for field in fields(Options) if field.type in (int, float)]


@pytest.fixture(autouse=True)
def without_the_tests_own(settings: Any) -> None:
    settings.ES_ADMIN = {}


def test_there_are_numbers_to_test() -> None:
    assert {"PAGE_TIMEOUT", "BULK_MAX_DOCUMENTS"} <= set(NUMBERS)


def test_defaults() -> None:
    assert get_options() == Options() == parse({})


def test_defaults_are_good_values_when_they_are_given() -> None:
    given = {field.name.upper(): field.default for field in fields(Options)}
    assert parse(given) == Options()


def test_a_changed_setting_is_read_again() -> None:
    assert get_options().page_timeout == 1
    with override_settings(ES_ADMIN={"PAGE_TIMEOUT": 3}):
        assert get_options().page_timeout == 3
    assert get_options().page_timeout == 1


def test_another_setting_is_no_reason_to_read_again() -> None:
    before = get_options()
    with override_settings(ES_INDICES={}):
        assert get_options() is before


def test_a_bad_setting_is_not_remembered() -> None:
    with override_settings(ES_ADMIN={"PAGE_TIMEOUT": 0}), pytest.raises(ImproperlyConfigured):
        get_options()
    assert get_options() == Options()


def test_the_projects_dict_is_not_written_to() -> None:
    given = {"PAGE_TIMEOUT": 3}
    parse(given)
    assert given == {"PAGE_TIMEOUT": 3}


@pytest.mark.parametrize("given", [None, [], "PAGE_TIMEOUT", 5, ["PAGE_TIMEOUT"]])
def test_something_that_is_no_dict(given: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^ES_ADMIN is \w+: make it a dict"):
        parse(given)


@pytest.mark.parametrize("key", ["PAGE_TIMEOUTS", "page_timeout", 1, None, ("PAGE_TIMEOUT",)])
def test_an_unknown_option_is_named_with_those_there_are(key: Any) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        parse({key: 1})
    assert f"ES_ADMIN has no option {key}: " in str(caught.value)
    assert "PAGE_TIMEOUT, " in str(caught.value)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value", [0, -1, True, "5", None, [], float("nan"), float("inf"), 1j], ids=repr
)
def test_a_value_that_is_no_number_above_0(name: str, value: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"ES_ADMIN\['{name}'\] is "):
        parse({name: value})


@pytest.mark.parametrize(
    "name", [field.name.upper() for field in fields(Options) if field.type is int]
)
def test_a_number_of_things_is_whole(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"ES_ADMIN\['{name}'\] is 1\.5: "):
        parse({name: 1.5})


def test_a_number_too_large_for_a_float() -> None:
    assert parse({"BULK_MAX_BYTES": 10**400}).bulk_max_bytes == 10**400


@pytest.mark.parametrize("value", ["later", None, [], 1])
def test_who_writes_is_one_of_two(value: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"give one of inline, worker\.$"):
        parse({"SYNC": value})
    assert parse({"SYNC": "worker"}).sync == "worker"


def test_a_write_ends_before_a_delete_is_repeated() -> None:
    with pytest.raises(ImproperlyConfigured, match="must be less than half of DELETE_AGAIN_AFTER"):
        parse({"WRITE_TIMEOUT": 15})
    assert parse({"WRITE_TIMEOUT": 15, "DELETE_AGAIN_AFTER": 31}).write_timeout == 15


@pytest.mark.parametrize("value", ["no", 0, 1, None, "False"])
def test_a_switch_is_on_or_off(value: object) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"LOG_SEARCH_WORDS.*give True or False"):
        parse({"LOG_SEARCH_WORDS": value})
    assert parse({"LOG_SEARCH_WORDS": False}).log_search_words is False
