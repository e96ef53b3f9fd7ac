"""A test that uses nothing of the test support."""


def test_nothing_of_elasticsearch() -> None:
    assert sum((1, 2)) == 3
