"""Before and after."""

import numpy as np
import pytest

from .photos import png


@pytest.fixture
def filled(editor):
    editor.open(png(), "holiday.png")
    editor.over_the_thing()
    editor.filled()
    editor.page.mouse.move(5, 5)
    return editor


def red(editor, across=150, down=100):
    """How red the screen is around a place of the photo."""
    (left, top), (right, bottom) = editor.place(across - 6, down - 6), editor.place(across + 6, down + 6)
    part = editor.picture((left, top), (right, bottom)).astype(int)
    return (part[..., 0] - part[..., 1]).mean()


def split(editor):
    return int(editor.page.locator("#divider").get_attribute("aria-valuenow"))


def test_the_line_is_moved_by_keys_and_shows_the_original_on_its_left(filled):
    filled.key("c")
    line = filled.page.locator("#divider")
    line.focus()
    assert split(filled) == 50
    filled.key("PageUp")
    assert split(filled) == 70
    assert red(filled) > 150  # the thing is to the left of the line
    filled.key("ArrowLeft", "ArrowLeft")
    assert split(filled) == 66
    filled.key("Home")
    assert (split(filled), red(filled) < 60) == (0, True)
    filled.key("End")
    assert (split(filled), red(filled) > 150) == (100, True)
    assert filled.status == "Slider at 100 %"


def test_the_line_is_dragged_by_the_mouse(filled):
    filled.key("c")
    stage = filled.page.locator("#pane").bounding_box()
    middle = stage["y"] + stage["height"] / 3
    filled.page.mouse.move(stage["x"] + stage["width"] / 2, middle)
    filled.page.mouse.down()
    filled.page.mouse.move(stage["x"] + stage["width"] * 0.25, middle, steps=4)
    filled.page.mouse.up()
    assert split(filled) == pytest.approx(25, abs=1)
    assert red(filled) < 60
    assert filled.steps == (["Opened", "Brush", "Removed"], 2)  # nothing was painted


def test_side_by_side_shows_both_and_painting_goes_on_in_the_result(filled):
    filled.key("c")
    filled.choose("side")
    stage = filled.page.locator("#stage").bounding_box()
    whole = filled.picture((stage["x"], stage["y"]), (stage["x"] + stage["width"], stage["y"] + stage["height"]))
    left, right = np.split(whole[:, : whole.shape[1] // 2 * 2].astype(int), 2, axis=1)
    reds = [int((half[..., 0] - half[..., 1] > 120).sum()) for half in (left, right)]
    assert reds[0] > 500
    assert reds[1] < reds[0] / 20


def test_the_difference_is_black_outside_the_mask(filled):
    filled.key("c")
    filled.choose("difference")
    (left, top), (right, bottom) = filled.place(40, 120), filled.place(110, 190)
    assert filled.picture((left, top), (right, bottom)).max() == 0
    (left, top), (right, bottom) = filled.place(140, 90), filled.place(160, 110)
    assert filled.picture((left, top), (right, bottom)).mean() > 60


def test_another_method_takes_the_place_of_the_result(filled):
    choices = filled.page.locator("#result .segment")
    assert choices.count() >= 2
    before = filled.seen()
    other = next(i for i in range(choices.count()) if choices.nth(i).get_attribute("aria-pressed") == "false")
    choices.nth(other).click()
    filled.wait(f"() => document.querySelectorAll('#result .segment')[{other}]?.ariaPressed === 'true'")
    assert filled.seen() != before
    assert filled.steps == (["Opened", "Brush", "Removed"], 2)
