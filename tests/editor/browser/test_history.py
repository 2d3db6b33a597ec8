"""Undo and redo of everything, the list of steps, and a view that stays where it is."""

import numpy as np
import pytest

from .photos import differing, mask_of, png, samples_of


@pytest.fixture
def opened(editor):
    return editor.open(png(), "holiday.png")


def shown(editor):
    return editor.seen("photo-layer"), editor.seen("mask-layer")


def test_everything_is_undone_to_the_first_step_and_redone_to_the_same_pixels(opened):

    opened.over_the_thing()
    opened.filled()
    opened.auto(False)
    opened.stroke((60, 60), (90, 70))
    opened.take("rectangle")
    opened.stroke((200, 40), (240, 90))
    opened.take("eraser")
    opened.stroke((70, 60), (80, 66))
    opened.key("Control+i")
    names = ["Opened", "Brush", "Removed", "Brush", "Rectangle", "Eraser", "Mask inverted"]
    assert opened.steps == (names, 6)
    views = {6: shown(opened)}
    for step in range(5, -1, -1):
        opened.key("Control+z")
        opened.wait_status("^Undone")
        opened.wait("(step) => document.querySelectorAll('.history button')[step].ariaCurrent === 'step'", step)
        views[step] = shown(opened)
    assert len({view[1] for view in views.values()}) == 6  # "Opened" and "Removed" mark nothing
    for step in range(1, 7):
        opened.key("Control+Shift+z" if step % 2 else "Control+y")
        opened.wait("(step) => document.querySelectorAll('.history button')[step].ariaCurrent === 'step'", step)
        opened.wait_seen(views[step][0])
        opened.wait_seen(views[step][1], "mask-layer")


def test_a_click_in_the_history_goes_there(opened):
    opened.over_the_thing()
    opened.filled()
    filled = opened.seen()
    opened.page.locator(".history button").nth(0).click()
    opened.wait_status("^Opened")
    before = opened.seen()
    assert before != filled
    opened.page.locator(".history button").nth(2).click()
    opened.wait_seen(filled)


def test_a_step_after_an_undo_takes_the_place_of_what_was_undone(opened):
    opened.auto(False)
    opened.stroke((60, 60), (90, 60))
    opened.stroke((60, 90), (90, 90))
    opened.key("Control+z")
    opened.wait_status("^Undone")
    opened.take("rectangle")
    opened.stroke((200, 40), (240, 90))
    assert opened.steps == (["Opened", "Brush", "Rectangle"], 2)
    assert opened.page.locator("#do-redo").is_disabled()


def test_a_hundred_strokes_are_undone_and_redone_one_by_one(opened):
    opened.auto(False)
    opened.brush(5)
    places = [(12 + 28 * (i % 10), 10 + 19 * (i // 10)) for i in range(100)]
    for place in places:
        opened.stroke(place)
    mask = mask_of(opened.mask())
    names, present = opened.steps
    assert (len(names), present) == (101, 100)
    for _ in places:
        opened.key("Control+z")
    assert mask_of(opened.mask()).sum() == 0
    assert opened.steps[1] == 0
    for _ in places:
        opened.key("Control+y")
    assert opened.steps[1] == 100
    assert np.array_equal(mask_of(opened.mask()), mask)


def corner(editor):
    """The stage's top left corner, far from what is filled."""
    box = editor.page.locator("#pane").bounding_box()
    return editor.picture((box["x"], box["y"]), (box["x"] + 120, box["y"] + 120))


def test_the_view_stays_after_a_result_an_undo_and_a_change_of_the_windows_size(opened):
    opened.page.mouse.move(*opened.place(160, 105))
    opened.page.mouse.wheel(0, -200)
    zoom, before = opened.zoom, corner(opened)
    assert zoom != "100 %"
    opened.page.mouse.down()
    opened.page.mouse.move(*opened.place(158, 108), steps=3)
    opened.page.mouse.up()
    opened.filled()
    opened.page.mouse.move(5, 5)
    assert (opened.zoom, opened.steps[1]) == (zoom, 2)
    assert np.array_equal(corner(opened), before)
    opened.key("Control+z")
    opened.wait_status("^Undone")
    assert opened.zoom == zoom
    assert np.array_equal(corner(opened), before)
    opened.page.set_viewport_size({"width": 1100, "height": 700})
    assert opened.zoom == zoom
    assert np.array_equal(corner(opened), before)


def test_undo_takes_back_strokes_on_their_way_newest_first_and_redo_fills_them_again(opened):
    held, free = [], []

    def order(route):  # the first waits until it is let go, and all others behind it
        if free:
            route.continue_()
        else:
            held.append(route)

    opened.page.route("**/api/edits/inpaint", order)
    opened.brush(20)
    for x in (40, 90, 220, 270):
        opened.stroke((x, 60), (x, 90))
    opened.wait("() => document.querySelectorAll('.queue li').length === 4")
    opened.key("Control+z", "Control+z")
    opened.wait("() => document.querySelectorAll('.queue li').length === 2")
    free.append(True)
    held[0].continue_()
    opened.wait("() => !document.querySelector('.queue li') && document.querySelectorAll('.history li').length === 5")
    opened.page.wait_for_selector(".history li:nth-child(5) [aria-current]")
    assert opened.steps == (["Opened", "Brush", "Removed", "Brush", "Removed"], 4)
    assert not mask_of(opened.mask())[:, 200:].any()  # what was taken back is marked nowhere
    opened.key("Control+Shift+z", "Control+Shift+z")
    opened.wait("() => !document.querySelector('.queue li') && document.querySelectorAll('.history li').length === 9")
    changed = differing(samples_of(png()), samples_of(opened.save()[1]))
    assert [bool(changed[60:90, x - 5 : x + 5].any()) for x in (40, 90, 150, 220, 270)] == [
        True,
        True,
        False,
        True,
        True,
    ]


def test_a_photo_that_is_seen_whole_stays_whole_when_the_window_changes(opened):
    for width, height in ((900, 560), (1500, 900)):
        opened.page.set_viewport_size({"width": width, "height": height})
        opened.page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
        box = opened.page.locator("#pane").bounding_box()
        scale = min((box["width"] - 32) / 304, (box["height"] - 32) / 200)
        assert opened.zoom == f"{round(100 * scale)} %"


def test_at_100_percent_the_screen_shows_the_very_pixels_of_the_saved_file(opened):
    random = np.random.default_rng(7)
    opened.brush(14)
    for _ in range(6):  # strokes, undo and redo in any order, some of it while others are being filled
        for x, y in random.uniform((20, 20), (280, 180), (2, 2)):
            opened.stroke((x, y), (x + 8, y + 5))
        opened.key(*random.choice(["Control+z", "Control+Shift+z"], 2))
    opened.wait("() => !document.querySelector('.queue li')")
    opened.key("Control+d", "Control+0", "Control+1")
    assert opened.zoom == "100 %"
    opened.page.mouse.move(5, 5)
    box = opened.page.locator("#pane").bounding_box()
    left, top = (
        int(box[start] + (box[side] - of) / 2) for start, side, of in (("x", "width", 304), ("y", "height", 200))
    )
    seen = opened.picture((left - 1, top - 1), (left + 306, top + 202))
    saved = samples_of(opened.save()[1])[..., :3]
    assert differing(samples_of(png()), saved).any()
    places = [
        seen[y : y + 200, x : x + 304] for y in range(3) for x in range(3)
    ]  # a half pixel goes one way or the other
    assert any(np.array_equal(place[20:-60, 20:-20], saved[20:-60, 20:-20]) for place in places)
