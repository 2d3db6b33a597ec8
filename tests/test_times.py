import pytest

from retoucher.times import MOST_PACES, MOST_TIMES, Times


def test_what_takes_long_is_learnt_for_each_pace_apart():
    times = Times()
    assert times.usual(("quick",), 3.0) == 3.0
    for seconds in (1, 2, 3):
        times.note(("quick",), seconds)
    times.note(("slow",), 60)
    assert times.usual(("quick",), 99) == 2
    assert times.usual(("slow",), 99) == 60


def test_only_the_last_times_of_the_last_paces_are_kept():
    times = Times()
    for _ in range(MOST_TIMES):
        times.note(("a",), 1000)
    for _ in range(MOST_TIMES):
        times.note(("a",), 1)
    assert times.usual(("a",), 0) == 1
    for number in range(MOST_PACES):
        times.note((number,), 5)
    assert times.usual(("a",), 0) == 0
    assert times.usual((0,), 0) == 5


def test_what_is_left_follows_the_works_own_progress_more_and_more():
    times = Times()
    assert times.left(("a",), 1, 0.03, 3) == 2  # too early to tell
    assert times.left(("a",), 1, 0.05, 3) == pytest.approx(19)  # better than a guess
    assert times.left(("a",), 10, 0.5, 3) == 10  # nothing to compare with
    times.note(("a",), 40)
    assert times.left(("a",), 10, 0.5, 3) == 0.5 * 10 + 0.5 * 30
    assert times.left(("a",), 1, 0.05, 3) == 39  # what is known is better than the first steps
    assert times.left(("a",), 50, 0.01, 3) == 0
