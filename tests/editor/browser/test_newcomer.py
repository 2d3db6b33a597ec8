"""The newcomer: open, brush, save; and the same bytes from every door."""

import io
import subprocess
import sys

from PIL import Image as Pillow

import retoucher

from .photos import blocks, differing, grown, jpeg, mask_of, png, profile, redness, samples_of


def test_open_brush_and_save_takes_the_thing_out_and_changes_nothing_else(visit):
    editor = visit(first=True)
    editor.open(jpeg(), "holiday.jpg")
    editor.over_the_thing()
    editor.filled()
    name, saved = editor.save()
    assert name == "holiday-retouched.jpg"
    before, after = samples_of(jpeg()), samples_of(saved)
    mask = mask_of(editor.mask())
    assert mask.sum() > 800
    assert not differing(before, after)[~blocks(grown(mask))].any()
    assert redness(before) > 180
    assert redness(after) < 60
    assert editor.page.inner_text("#outside") == "Changed outside the mask: 0 pixels"


def test_the_saved_file_keeps_container_orientation_exif_profile_and_resolution(editor):
    editor.open(jpeg(), "holiday.jpg")
    editor.over_the_thing()
    editor.filled()
    saved = Pillow.open(io.BytesIO(editor.save()[1]))
    assert saved.format == "JPEG"
    assert saved.size == (200, 304)
    assert saved.getexif()[0x0112] == 6
    assert saved.getexif()[0x010F] == "Camera"
    assert saved.info["icc_profile"] == profile()
    assert saved.info["dpi"] == (300, 300)
    assert b"DigitalSourceType" in saved.info["xmp"]


def test_editor_command_line_and_python_give_the_same_bytes(editor, tmp_path):
    editor.open(jpeg(), "holiday.jpg")
    editor.over_the_thing()
    editor.filled()
    _, saved = editor.save()
    photo, mask, result = (tmp_path / name for name in ("holiday.jpg", "mask.png", "result.jpg"))
    photo.write_bytes(jpeg())
    mask.write_bytes(editor.mask())
    command = [sys.executable, "-m", "retoucher", "inpaint", photo, "--mask", mask, "--output", result, "--quiet"]
    subprocess.run(command, check=True, timeout=120)
    assert saved == result.read_bytes()
    assert saved == retoucher.inpaint(jpeg(), mask.read_bytes()).image.encode().data


def test_a_mask_drawn_too_large_is_corrected_with_the_eraser_and_run_by_enter(editor):
    editor.open(png(), "holiday.png")
    editor.auto(False)
    editor.brush(60)
    editor.stroke((100, 100), (200, 100))
    large = mask_of(editor.mask())
    editor.take("eraser")
    editor.brush(40)
    editor.stroke((100, 100), (110, 100))
    mask = mask_of(editor.mask())
    assert large[100, 100]
    assert not mask[100, 100]
    assert mask[100, 150]
    editor.key("Enter")
    editor.filled()
    after = samples_of(editor.save()[1])
    changed = differing(samples_of(png()), after)
    assert not changed[~grown(mask)].any()
    assert redness(after) < 60


def test_what_was_filled_is_marked_again_by_one_key_enlarged_and_run_once_more(editor):
    editor.open(png(), "holiday.png")
    editor.over_the_thing()
    editor.filled()
    first = mask_of(editor.mask())
    editor.auto(False)
    editor.key("Shift+R")
    editor.wait_status("Marked again")
    assert (mask_of(editor.mask()) == first).all()
    editor.stroke((150, 60), (150, 90))
    editor.key("Enter")
    editor.filled()
    assert editor.steps[0] == ["Opened", "Brush", "Removed", "Marked again", "Brush", "Removed"]
    changed = differing(samples_of(png()), samples_of(editor.save()[1]))
    assert changed[40:60].any()


def test_saving_again_under_the_photos_own_name_is_refused(editor):
    editor.open(png(), "holiday.png")
    editor.ask_save()
    editor.page.get_by_label("Name").fill("holiday.png")
    editor.key("Enter")
    assert editor.page.locator("dialog.save .said").inner_text() != ""
    assert editor.page.locator("dialog.save").is_visible()
