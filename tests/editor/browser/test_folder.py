"""A folder of photos: one after the other, one mask for all of them, and what a session brings back."""

import shlex
import subprocess
import sys

import numpy as np
import pytest

from .photos import blocks, differing, grown, jpeg, mask_of, png, redness, samples_of


@pytest.fixture
def folder(tmp_path):
    """Three photos, the last one of another size; and where they are saved."""
    photos, output = tmp_path / "photos", tmp_path / "saved"
    photos.mkdir()
    (photos / "a.jpg").write_bytes(jpeg())
    (photos / "b.jpg").write_bytes(jpeg())
    (photos / "c.png").write_bytes(png(320, 240))
    return photos, output


@pytest.fixture
def strip(visit, serve, folder):
    """The first photo of the folder is open by itself, with the filmstrip."""
    photos, output = folder
    editor = visit(serve(str(photos), "--output", str(output)))
    editor.wait_photo()
    return editor


def at(editor, counter):
    editor.wait("(wanted) => document.querySelector('.film-counter').textContent.startsWith(wanted)", counter)


def test_photos_are_gone_through_by_keys_and_saved_when_they_are_left(strip, folder):
    photos, output = folder
    at(strip, "1 of 3 · 0 done, 3 left")
    strip.page.get_by_role("switch", name="Save by itself").check()
    strip.page.locator("#pane").focus()
    strip.over_the_thing()
    strip.filled()
    mask = mask_of(strip.mask())
    strip.key(".")
    at(strip, "2 of 3 · 1 done, 2 left")
    before, after = jpeg(), (output / "a.jpg").read_bytes()
    assert redness(samples_of(after)) < 60
    assert not differing(samples_of(before), samples_of(after))[~blocks(grown(mask))].any()
    assert (photos / "a.jpg").read_bytes() == before
    strip.wait("() => document.querySelectorAll('.history li').length === 1")  # the next one is open
    strip.key("s")
    at(strip, "3 of 3 · 1 done, 1 left")
    strip.wait_photo((320, 240))
    strip.key("k")
    strip.wait_status("c.png is flagged")
    strip.key(",")
    at(strip, "2 of 3")
    strip.wait_photo()
    strip.key(",")
    at(strip, "1 of 3")
    strip.wait("() => document.querySelectorAll('.history li').length === 3")
    assert strip.steps == (["Opened", "Brush", "Removed"], 2)
    assert sorted(each.name for each in output.iterdir()) == ["a.jpg"]


def test_the_mask_goes_along_to_the_next_photo_of_the_same_size(strip):
    strip.auto(False)
    strip.take("rectangle")
    strip.stroke((130.5, 80.5), (170.5, 120.5))
    mask = mask_of(strip.mask())
    strip.key(".")
    at(strip, "2 of 3")
    strip.wait("() => document.querySelectorAll('.history li').length === 2")
    assert np.array_equal(mask_of(strip.mask()), mask)
    strip.key(".")
    at(strip, "3 of 3")
    strip.wait_photo((320, 240))
    assert mask_of(strip.mask()).sum() == 0


def test_one_mask_on_all_shows_each_leaves_other_sizes_out_and_its_command_gives_the_same_bytes(strip, folder):
    photos, output = folder
    strip.auto(False)
    strip.take("rectangle")
    strip.stroke((130.5, 80.5), (170.5, 120.5))
    (photos / "mask.png").write_bytes(strip.mask())
    strip.press_button("This mask on all")
    sheet = strip.page.locator("dialog.batch")
    sheet.get_by_text("320 × 240 instead of 304 × 200").wait_for()
    sheet.get_by_role("button", name="Fill the ticked ones").click()
    sheet.get_by_role("button", name="Save the ticked ones").click()
    sheet.get_by_text("Photos saved: 2").wait_for()
    line = sheet.locator("code").text_content()
    assert sorted(each.name for each in output.iterdir()) == ["a.jpg", "b.jpg"]
    assert redness(samples_of((output / "b.jpg").read_bytes())) < 60
    words = [photos / "a.jpg" if word == "*.jpg" else word for word in shlex.split(line) if word != "*.png"]
    assert words[0] == "retoucher"
    subprocess.run([sys.executable, "-m", *words], cwd=photos, check=True, timeout=120, capture_output=True)
    assert (photos / "cleaned" / "a.jpg").read_bytes() == (output / "a.jpg").read_bytes()


def test_the_address_opens_a_photo_of_the_folder_by_its_name(visit, serve, folder):
    editor = visit(serve(str(folder[0])), path="/?image=c.png")
    editor.wait_photo((320, 240))
    at(editor, "3 of 3")


def test_several_photos_chosen_at_once_make_a_filmstrip(editor):
    files = [{"name": f"{i}.png", "mimeType": "image/png", "buffer": png(304 + 8 * i, 200)} for i in range(3)]
    editor.page.set_input_files("#file-input", files)
    editor.wait_photo()
    at(editor, "1 of 3")
    editor.key(".")
    editor.wait_photo((312, 200))


def test_a_new_tab_offers_to_go_on_with_what_a_closed_one_had(visit):
    editor = visit()
    editor.open(png(), "holiday.png")
    editor.over_the_thing()
    editor.filled()
    filled = editor.seen()
    other = visit(context=editor.page.context)
    assert other.page.locator(".offer").count() == 0  # it is open in the first tab
    editor.page.close()
    other.reload()
    other.page.locator(".offer button.card").click()
    other.wait_photo()
    other.wait_seen(filled)
    assert other.steps == (["Opened", "Brush", "Removed"], 2)
    other.key("Control+z", "Control+z")
    other.wait("() => document.querySelectorAll('.history button')[0].ariaCurrent === 'step'")
    assert redness(samples_of(other.save()[1])) > 180


def test_forgetting_the_photo_removes_it_here_and_on_the_server(visit, serve):
    server = serve()
    editor = visit(server)
    editor.open(png(), "holiday.png")
    editor.over_the_thing()
    editor.filled()
    kept = lambda: [each for each in server.home.glob("**/photos/*") if each.is_dir()]  # noqa: E731
    assert len(kept()) == 1
    editor.page.locator("#chip").click()
    with editor.page.expect_response("**/api/photos/*"):
        editor.page.get_by_role("button", name="Forget this photo").click()
    editor.page.wait_for_selector("body.empty")
    assert kept() == []
    editor.reload()
    assert editor.page.locator("body.empty").count() == 1
    assert editor.page.locator(".offer").count() == 0


def test_saving_a_photo_of_the_folder_goes_to_the_folder_for_finished_ones(strip, folder):
    photos, output = folder
    strip.over_the_thing()
    strip.filled()
    strip.ask_save()
    strip.key("Enter")
    strip.wait_status("a.jpg is saved in the folder")
    assert redness(samples_of((output / "a.jpg").read_bytes())) < 60
    assert (photos / "a.jpg").read_bytes() == jpeg()
    at(strip, "1 of 3 · 1 done, 2 left")
