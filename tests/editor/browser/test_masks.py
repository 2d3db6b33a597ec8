"""Every way to make a mask: what is drawn, imported, selected and combined is what is filled."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from retoucher.mask import Mask

from .photos import HEIGHT, THING, WIDTH, differing, encoded, grown, mask_of, png, samples_of


@pytest.fixture
def still(editor):
    """A photo is open, and nothing is filled before Enter."""
    editor.open(png(), "holiday.png")
    editor.auto(False)
    return editor


def box(x, y, width, height):
    return Mask.from_boxes((HEIGHT, WIDTH), [(x, y, width, height)]).array


def run(editor):
    editor.key("Enter")
    editor.filled()
    return editor.save()[1]


def near(one, other):
    """The share of pixels that two masks have in common."""
    return (one & other).sum() / (one | other).sum()


def test_painting_a_mask_and_importing_the_same_mask_give_the_same_bytes(still, visit):
    still.over_the_thing()
    mask = still.mask()
    other = visit()
    other.open(png(), "holiday.png")
    other.import_mask(mask)
    other.wait_status("Mask imported")
    assert run(still) == run(other)


def test_a_mask_of_another_size_is_refused_with_both_sizes(still):
    still.expect("422")
    still.import_mask(Mask.from_boxes((100, 90), [(1, 1, 9, 9)]).encode())
    still.wait_status("90×100.*304×200")
    assert mask_of(still.mask()).sum() == 0


def test_strokes_on_a_transparent_layer_are_a_mask_whatever_their_colour(still):
    layer = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    layer[80:120, 130:171] = (10, 20, 30, 255)
    still.import_mask(encoded(Pillow.fromarray(layer), "PNG"))
    still.wait_status("Mask imported")
    assert (mask_of(still.mask()) == box(130, 80, 41, 40)).all()


def test_an_empty_mask_file_is_refused_in_words(still):
    still.import_mask(Mask.none((HEIGHT, WIDTH)).encode())
    still.wait_status("white marks what may change")


def test_the_exported_mask_is_a_one_bit_png_of_the_photos_size(still):
    still.over_the_thing()
    name, data = still.downloaded(lambda: still.press_button("Export mask"))
    picture = Pillow.open(io.BytesIO(data))
    assert (name, picture.mode, picture.size) == ("holiday-mask.png", "1", (WIDTH, HEIGHT))


def test_a_straight_brush_stroke_is_the_librarys_own(still):
    still.brush(24)
    still.stroke((100, 60), (220, 60), steps=1)
    assert near(mask_of(still.mask()), Mask.from_strokes((HEIGHT, WIDTH), [([(100, 60), (220, 60)], 24)]).array) > 0.97


def test_a_rectangle_covers_what_was_dragged_over(still):
    still.take("rectangle")
    still.stroke((100.5, 60.5), (180.5, 120.5))
    assert (mask_of(still.mask()) == box(100, 60, 81, 61)).all()


def test_a_rectangle_by_numbers_is_exact(still):
    still.page.get_by_text("Rectangle by numbers").click()
    for name, value in (("Left", 40), ("Top", 30), ("Width", 25), ("Height", 35)):
        still.page.get_by_role("spinbutton", name=name, exact=True).fill(str(value))
    still.press_button("Mark it")
    assert (mask_of(still.mask()) == box(40, 30, 25, 35)).all()


def test_a_lasso_closes_itself(still):
    still.take("lasso")
    still.stroke((100, 60), (180, 60), (180, 120), (100, 120), steps=6)
    assert near(mask_of(still.mask()), box(100, 60, 80, 60)) > 0.95


@pytest.mark.parametrize("end", ["Enter", "first corner", "double click"])
def test_a_polygon_ends_with_enter_on_its_first_corner_or_by_a_double_click(still, end):
    still.take("polygon")
    for corner in ((100, 60), (180, 60), (180, 120)):
        still.click(*corner)
    if end == "Enter":
        still.click(100, 120)
        still.key("Enter")
    elif end == "first corner":
        still.click(100, 120)
        still.click(100, 60)
    else:
        still.click(100, 120, click_count=2)
    still.wait_status("Polygon")
    assert near(mask_of(still.mask()), box(100, 60, 80, 60)) > 0.95


def test_select_finds_the_thing_by_one_click_and_enter_takes_it(still):
    still.take("select")
    still.click(*THING[:2])
    still.wait_status("selected. Enter takes it")
    assert mask_of(still.mask()).sum() == 0
    still.key("Enter")
    still.wait_status("Selection")
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    across, down, radius = THING
    assert near(mask_of(still.mask()), np.hypot(x + 0.5 - across, y + 0.5 - down) < radius) > 0.9


def test_escape_gives_a_selection_up(still):
    still.take("select")
    still.click(*THING[:2])
    still.wait_status("selected. Enter takes it")
    still.key("Escape", "Enter")
    still.wait_status("Nothing is marked")
    assert mask_of(still.mask()).sum() == 0


def test_shapes_add_subtract_and_intersect(still):
    still.take("rectangle")
    still.stroke((60.5, 40.5), (139.5, 119.5))
    left, right = box(60, 40, 80, 80), box(100, 40, 80, 80)
    assert (mask_of(still.mask()) == left).all()
    for how, wanted in (("subtract", left & ~right), ("add", left | right), ("intersect", right)):
        still.choose(how)
        still.stroke((100.5, 40.5), (179.5, 119.5))
        assert (mask_of(still.mask()) == wanted).all(), how


def test_x_turns_adding_into_subtracting(still):
    still.take("rectangle")
    still.stroke((60.5, 40.5), (139.5, 119.5))
    still.key("x")
    still.stroke((60.5, 40.5), (99.5, 119.5))
    assert (mask_of(still.mask()) == box(100, 40, 40, 80)).all()


def test_invert_and_clear_act_on_the_whole_mask(still):
    still.take("rectangle")
    still.stroke((60.5, 40.5), (139.5, 119.5))
    still.key("Control+i")
    assert (mask_of(still.mask()) == ~box(60, 40, 80, 80)).all()
    still.key("Control+d")
    assert mask_of(still.mask()).sum() == 0


def test_growing_the_mask_is_seen_before_it_is_done(still):
    still.take("rectangle")
    still.stroke((100.5, 60.5), (179.5, 119.5))
    shown = still.seen("mask-layer")
    slider = still.page.get_by_role("slider", name="Grow mask")
    slider.focus()
    slider.evaluate("(range) => { range.value = 10; range.dispatchEvent(new Event('input')) }")
    assert still.seen("mask-layer") != shown
    assert (mask_of(still.mask()) == box(100, 60, 80, 60)).all()
    slider.evaluate("(range) => range.dispatchEvent(new Event('change'))")
    still.wait_status("Mask grown")
    assert (mask_of(still.mask()) == grown(box(100, 60, 80, 60), 10)).all()


def test_the_filled_hole_is_the_mask_grown_as_the_option_says(still):
    still.take("rectangle")
    still.stroke((130.5, 80.5), (170.5, 120.5))
    field = still.field("Grow before filling")
    field.fill("0")
    field.press("Tab")
    still.page.locator("#run").click()
    still.filled()
    changed = differing(samples_of(png()), samples_of(still.save()[1]))
    assert not changed[~box(130, 80, 41, 41)].any()
    assert changed[box(130, 80, 41, 41)].mean() > 0.8


def test_alt_turns_the_brush_into_an_eraser_and_shift_draws_a_straight_line(still):
    still.brush(20)
    still.stroke((60, 60), (70, 60))
    still.page.keyboard.down("Shift")
    still.stroke((200, 60))
    still.page.keyboard.up("Shift")
    mask = mask_of(still.mask())
    assert mask[60, 60:200].all()
    still.page.keyboard.down("Alt")
    still.stroke((130, 60), (140, 60))
    still.page.keyboard.up("Alt")
    assert not mask_of(still.mask())[60, 130:140].any()
