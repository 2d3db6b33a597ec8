"""Files of every kind come back unharmed, and holes of every kind are filled."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from retoucher.image import Image

from .photos import blocks, cmyk, deep, differing, grown, heic, mask_of, png, redness, samples_of, scene, with_hole


def removed(editor):
    """Take the thing out: the mask and the saved file."""
    editor.over_the_thing()
    editor.filled()
    return mask_of(editor.mask()), editor.save()[1]


@pytest.mark.parametrize(("container", "name"), [("PNG", "deep.png"), ("TIFF", "deep.tif")])
def test_sixteen_bits_are_kept_and_unharmed_outside_the_mask(editor, container, name):
    data = deep(container)
    editor.open(data, name)
    mask, saved = removed(editor)
    before, after = samples_of(data), samples_of(saved)
    assert Image.open(saved).container == container
    assert after.dtype == np.uint16
    assert not differing(before, after)[~grown(mask)].any()
    assert redness(after) < 60


def test_four_inks_stay_four_inks(editor):
    editor.open(cmyk(), "inks.jpg")
    assert editor.picture().std() > 20
    mask, saved = removed(editor)
    assert Pillow.open(io.BytesIO(saved)).mode == "CMYK"
    assert not differing(samples_of(cmyk()), samples_of(saved))[~blocks(grown(mask))].any()


def test_a_heic_photo_is_shown_and_what_saving_costs_it_is_said_before(editor):
    data = heic()
    editor.open(data, "phone.heic")
    editor.over_the_thing()
    editor.filled()
    editor.ask_save()
    assert editor.page.locator("dialog.save .notes").inner_text() != ""
    _, saved = editor.downloaded(lambda: editor.key("Enter"))
    before, after = samples_of(data).astype(int), samples_of(saved).astype(int)
    assert Image.open(saved).container == "HEIC"
    assert redness(after) < 70
    assert np.abs(before - after)[130:].mean() < 4


def test_what_is_transparent_is_filled_and_made_opaque(editor):
    data, hole = with_hole()
    editor.open(data, "cut.png")
    editor.key("2")
    editor.press_button("Use transparency")
    editor.wait_status("Transparency marked")
    assert (mask_of(editor.mask()) == hole).all()
    editor.page.locator("#run").click()
    editor.filled()
    after = samples_of(editor.save()[1])
    assert (after[..., 3] == 255).all()
    assert not differing(samples_of(data)[..., :3], after[..., :3])[~grown(hole)].any()
    assert after[..., :3][hole].std() > 5


def test_a_photo_is_made_larger_by_so_many_pixels_on_each_side(editor):
    picture = scene()
    data = Image.from_array(picture).encode("PNG").data
    editor.open(data, "holiday.png")
    editor.key("2")
    editor.press_button("Make larger")
    for side, pixels in (("Left", 16), ("Top", 8), ("Right", 24), ("Bottom", 0)):
        editor.page.locator("dialog[open]").get_by_role("spinbutton", name=side).fill(str(pixels))
    editor.page.locator("dialog[open] footer button").click()
    editor.wait_photo((304 + 40, 200 + 8))
    after = samples_of(editor.save()[1])
    assert after.shape == (208, 344, 3)
    assert (after[8:, 16:320] == picture).all()
    editor.key("Control+z")
    editor.wait_photo((304, 200))


def test_another_container_is_written_under_its_own_suffix(editor):
    editor.open(deep("PNG"), "deep.png")
    editor.over_the_thing()
    editor.filled()
    editor.ask_save()
    editor.page.get_by_label("Format").select_option("WEBP")
    editor.page.wait_for_selector("dialog.save .notes")
    name, saved = editor.downloaded(lambda: editor.page.locator("dialog.save [type=submit]").click())
    assert name == "deep-retouched.webp"
    assert Pillow.open(io.BytesIO(saved)).format == "WEBP"


def test_a_file_that_is_no_photo_is_refused_in_a_sentence(editor):
    editor.expect("422", "400")
    editor.page.set_input_files("#file-input", {"name": "no.png", "mimeType": "image/png", "buffer": b"not a photo"})
    editor.wait("() => /\\.$/.test(document.querySelector('#status.error')?.textContent ?? '')")
    assert editor.page.locator("body.empty").count() == 1


def test_a_mask_that_comes_in_as_a_photo_may_be_used_as_a_mask(editor):
    editor.open(png(), "holiday.png")
    white = np.zeros((200, 304), np.uint8)
    white[85:115, 135:170] = 255
    file = io.BytesIO()
    Pillow.fromarray(white).save(file, "PNG")
    dropped = {"name": "m.png", "mimeType": "image/png", "buffer": file.getvalue()}
    editor.page.set_input_files("#file-input", dropped)
    editor.page.get_by_role("button", name="Use as mask").click()
    editor.wait_status("^Mask imported")
    assert np.array_equal(mask_of(editor.mask()), white > 127)
    assert editor.steps[0] == ["Opened", "Mask imported"]


def test_fill_mends_what_is_transparent_without_being_told(editor):
    editor.open(with_hole()[0], "torn.png")
    editor.key("2")
    editor.page.locator("#run").click()
    editor.filled()
    assert editor.steps[0] == ["Opened", "Transparency marked", "Filled"]
    assert samples_of(editor.save()[1])[..., -1].min() == 255


def test_the_start_page_can_be_shown_and_left_without_losing_the_photo(editor):
    editor.open(png(), "holiday.png")
    editor.over_the_thing()
    editor.filled()
    before = editor.seen()
    editor.page.get_by_title("Start page").click()
    assert editor.page.get_by_role("button", name="Choose a photo").is_visible()
    editor.key("Escape")
    assert not editor.page.get_by_role("button", name="Choose a photo").is_visible()
    editor.wait_seen(before)
