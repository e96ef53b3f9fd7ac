"""Of a test of many cases, a few are not slow, and always the same."""

from typing import cast

import pytest

from tests.few import mark_slow, spread


@pytest.mark.few(3)
@pytest.mark.parametrize("case", range(7))
def test_one_of_seven(case: int) -> None:
    assert case in range(7)


def test_three_of_seven_are_not_slow(request: pytest.FixtureRequest) -> None:
    session = cast("pytest.Session", request.session)
    found = {item.name for item in session.items if item.name.startswith("test_one_of_seven")}
    slow = {item.name for item in session.items if item.get_closest_marker("slow")}
    assert found - slow <= {f"test_one_of_seven[{case}]" for case in (0, 3, 6)}


@pytest.mark.parametrize(
    ("cases", "count", "stay"),
    [
        (1, 1, [0]),
        (1, 3, [0]),
        (3, 3, [0, 1, 2]),
        (4, 3, [0, 2, 3]),
        (7, 1, [0]),
        (7, 2, [0, 6]),
        (7, 3, [0, 3, 6]),
        (100, 5, [0, 25, 50, 74, 99]),
    ],
)
def test_they_are_evenly_spread(cases: int, count: int, stay: list[int]) -> None:
    assert list(spread(cases, count)) == stay


def test_one_that_is_asked_for_alone_is_not_slow(request: pytest.FixtureRequest) -> None:
    class Case:
        nodeid = "tests/test_many.py::test_many[5]"
        marks: list[pytest.MarkDecorator] = []

        def get_closest_marker(self, name: str) -> pytest.Mark:
            return pytest.mark.few(2).mark

        def add_marker(self, mark: pytest.MarkDecorator) -> None:
            self.marks.append(mark)

    case = Case()
    mark_slow([cast("pytest.Item", case)])
    assert case.marks == []
    mark_slow([cast("pytest.Item", case)] * 3)
    assert case.marks == [pytest.mark.slow]
