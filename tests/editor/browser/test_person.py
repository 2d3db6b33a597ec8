"""Person: making one, what became of the photos, restoring, enlarging, adjusting, imagining, deleting."""

import numpy as np
import pytest

from .hands import DRAWN
from .personal import BOX, COLORS, Personal, person
from .photos import mask_of, png
from .test_looks import OVERFLOWING, WIDTHS, unnamed
from .test_touch import PHONE, TARGETS

FRESH = "localStorage['retoucher-settings'] = JSON.stringify({ hintSeen: true })"
MASK = (125, 115), (180, 115)
MIDDLE = BOX[0] + 30, BOX[1] + 5


def photos(count, size=100):
    """So many files, each of its own size."""
    return [{"name": f"{i}.jpg", "mimeType": "image/jpeg", "buffer": bytes(size + i)} for i in range(count)]


def begin(editor, *persons, **more):
    """A portrait in Person mode, and the stand-in for the server."""
    editor.server = Personal(editor.page, *persons, **more)
    editor.open(png(), "portrait.png")
    editor.key("5")
    editor.wait("() => document.querySelector('#who option') || !document.querySelector('#new-person').hidden")
    return editor


@pytest.fixture
def ann(editor):
    """A portrait in Person mode, where one person is known."""
    return begin(editor, person())


def act(editor, name):
    editor.page.get_by_role("radio", name=name, exact=True).check(force=True)


def mark(editor):
    editor.brush(30)
    editor.stroke(*MASK)


def done(editor, press=lambda editor: editor.page.locator("#restore").click()):
    """Do what was chosen; what was asked for."""
    count = len(editor.server.asked)
    press(editor)
    editor.wait_status("^(Done in 0.8 s|Made larger)")
    assert len(editor.server.asked) == count + 1
    return editor.server.asked[-1]


def set_number(editor, name, value):
    field = editor.field(name)
    field.fill(str(value))
    field.press("Tab")


def is_seen(editor, color, at=MIDDLE):
    place = editor.place(*at)
    seen = editor.picture(place, (place[0] + 1, place[1] + 1))[0, 0].astype(int)
    return np.abs(seen - color[:3]).max() <= 3


def steps(editor):
    return editor.steps[0][1:]


def test_limits_are_told_once_and_the_start_page_makes_pictures_without_a_photo(visit):
    editor = visit()
    editor.page.evaluate(FRESH)
    editor.server = Personal(editor.page, person())
    editor.reload()
    editor.page.locator(".start-part .card").filter(has_text="ann").click()
    editor.page.locator("dialog.about-person").get_by_role("button", name="Imagine").click()
    editor.page.locator("#imagine").click()
    editor.wait("() => document.querySelectorAll('.imagined canvas').length === 4")
    editor.key("Escape")
    editor.open(png(), "portrait.png")
    editor.key("5")
    text = editor.page.inner_text("dialog.consent")
    assert "no evidence" in text
    assert "people who would not mind" in text
    editor.key("Escape")
    assert editor.page.get_attribute("[data-mode=remove]", "aria-pressed") == "true"
    editor.key("5", "Enter")
    editor.key("1", "5")
    assert editor.page.locator("dialog").count() == 0
    assert editor.page.locator(".person #restore").is_visible()


def test_a_person_is_made_from_photos_with_a_name_and_consent_and_nothing_less(editor):
    page = begin(editor).page
    editor.expect("422")
    editor.server.refuse = "Only 1 of the photos can be used."
    page.locator("#new-person").click()
    said = page.locator("dialog .said")
    for what, give in (
        ("Choose photos", lambda: page.set_input_files("#person-photos", photos(5))),
        ("Give the person a name", lambda: page.locator("#person-name").fill("ann lee")),
        ("Give the person a name", lambda: page.locator("#person-name").fill("ann")),
        ("Confirm", lambda: page.locator("#person-agreed").check()),
    ):
        assert said.inner_text().startswith(what)
        assert page.locator("#start-person").is_disabled()
        give()
    assert "Photos: 5 (0.5 kB). More would be better." in page.inner_text("dialog .drop-zone")
    page.locator("#start-person").click()
    editor.wait("() => /Only 1 of/.test(document.querySelector('dialog .said.error')?.textContent)")
    assert page.locator("#person-name").input_value() == "ann"
    editor.server.refuse = None
    page.locator("#start-person").click()
    page.wait_for_selector("dialog.about-person")
    files = [f"{i}.jpg" for i in range(5)]
    assert editor.server.made[1] == {"name": "ann", "base": "portraits-128", "consent": "true", "photos": files}
    report = page.inner_text("dialog.about-person")
    for each in ("24", "tree.jpg: no face was found in it", "turn: wide", "Only 24 photos", "2.4 MB"):
        assert each in report
    editor.key("Escape")
    assert page.locator("#who").input_value() == "ann"


def test_learning_goes_on_beside_the_work_and_after_a_reload_until_it_is_stopped(editor):
    page = begin(editor, person(finished=False, steps=30)).page
    editor.server.hold = True
    assert page.locator("#restore").is_disabled()
    page.get_by_role("button", name="About this person").click()
    assert "stopped at 30 %" in page.inner_text("dialog.about-person")
    page.get_by_role("button", name="Go on learning").click()
    editor.wait("() => document.querySelector('.person .learning progress')?.value === 0.4")
    assert page.inner_text(".person .learning .what") == "Learning ann · learning the face · 2 minutes left"
    assert editor.server.made == [{"name": "ann", "base": "portraits-128", "resume": "true", "photos": []}]
    editor.reload()
    editor.wait_photo()
    editor.wait("() => document.querySelector('.person .learning progress')?.value === 0.4")
    page.locator(".person .learning button").click()
    editor.wait_status("^Learning ann was stopped")
    assert editor.server.cancelled == [0]
    assert page.locator(".person .learning").is_hidden()


def test_restoring_sends_the_mask_and_q_shows_each_answer_until_one_is_kept(ann):
    assert ann.page.locator("#restore").is_disabled()
    mark(ann)
    set_number(ann, "Answers", 3)
    set_number(ann, "Stay close to", -1)
    asked = done(ann)
    assert asked["edit"] == "restore"
    assert asked["options"] == {"person": "ann", "beta": 0.04, "count": 3, "face": ""}
    assert mask_of(asked["mask"])[115, 130:175].all()
    assert ann.page.inner_text("#outside") == "Changed outside the mask: 0 pixels"
    assert "3.jpg, 8.jpg" in ann.page.inner_text(".person .notes")
    ann.page.locator("#pane").focus()
    for number, color in enumerate([*COLORS[:3], COLORS[0]]):
        assert is_seen(ann, color)
        assert ann.page.get_by_role("button", name=f"Answer {number % 3 + 1}").get_attribute("aria-pressed") == "true"
        if number < 3:
            ann.key("q")
            ann.wait_status(f"^Answer {(number + 1) % 3 + 1} of 3")
    assert steps(ann) == ["Brush", "Restored"]
    again = done(ann)
    assert (again["photo"], again["mask"]) == (asked["photo"], asked["mask"])
    ann.page.locator("#pane").focus()
    ann.key("Shift+Enter")
    ann.wait_status("^Kept")
    assert ann.page.locator("#keep-person").is_hidden()
    ann.stroke(*MASK)
    assert done(ann)["photo"] == "fake-1-0"
    ann.page.locator("#pane").focus()
    ann.key("Control+z", "Control+z", "Control+z")
    ann.wait_status("^Undone: Kept")
    assert ann.page.locator("#keep-person").is_visible()


def test_a_result_hides_the_mask_and_painting_on_or_doing_something_else_ends_that(ann):
    mark(ann)
    mask = ann.seen("mask-layer")
    done(ann)
    assert ann.seen("mask-layer") != mask
    ann.stroke((125, 118), (180, 118))
    assert not is_seen(ann, COLORS[0])  # under the mask's veil
    assert steps(ann) == ["Brush", "Restored", "Brush"]
    ann.server.hold = True
    ann.page.locator("#restore").click()
    ann.wait("() => document.querySelector('.queue progress')?.value === 0.4")
    ann.page.locator("#pane").focus()
    ann.key("Escape")
    ann.wait_status("^Cancelled")
    assert ann.server.cancelled == [1]
    ann.server.hold = False
    act(ann, "Adjust")
    assert ann.page.locator("#keep-person").is_hidden()
    assert done(ann, lambda editor: set_number(editor, "How much", 1))["photo"] == "fake-0-0"
    assert steps(ann) == ["Brush", "Restored", "Brush", "Adjusted"]


def test_the_slider_adjusts_on_release_and_zero_gives_the_photo_back(editor):
    ann = begin(editor, person(), faces=())
    act(ann, "Adjust")
    before = ann.seen()
    ann.wait("() => /No face was found/.test(document.querySelector('.person .go').textContent)")
    assert ann.page.locator("#restore").is_disabled()
    ann.page.locator(".person #face-box").click()
    ann.stroke((110, 60), (190, 140))
    ann.wait("() => !document.querySelector('#restore').disabled")
    assert ann.page.locator("#direction option").all_inner_texts() == ["Smile", "Turn the head", "Variation 1"]
    asked = done(ann, lambda editor: set_number(editor, "How much", 1.5))
    box = list(map(int, asked["options"].pop("face").split(",")))
    assert np.abs(np.subtract(box, (110, 60, 80, 80))).max() <= 2
    assert asked["options"] == {"person": "ann", "direction": "smile", "amount": 1.5}
    assert "mask" not in asked
    again = done(ann, lambda editor: editor.page.locator("#direction").select_option("turn"))
    assert again["options"]["direction"] == "turn"
    assert again["photo"] == asked["photo"]
    assert is_seen(ann, COLORS[1])
    set_number(ann, "How much", 0)
    ann.wait_seen(before)
    assert steps(ann) == ["Face set", "Adjusted", "Adjusted", "Adjusted"]
    assert len(ann.server.asked) == 2


def test_enlarging_makes_the_photo_larger_and_imagining_makes_new_ones(ann):
    act(ann, "Enlarge")
    ann.page.get_by_role("combobox", name="How many times").select_option("2")
    asked = done(ann)
    assert asked["options"] == {"person": "ann", "count": 1, "scale": 2, "face": ""}
    assert "mask" not in asked
    ann.wait_photo((608, 400))
    assert is_seen(ann, COLORS[0], (300, 200))
    assert ann.page.inner_text("#outside") == ""  # nothing that could be compared
    ann.page.locator("#pane").focus()
    ann.key("Control+z")
    ann.wait_photo((304, 200))
    act(ann, "Imagine")
    ann.page.locator("#restore").click()
    set_number(ann, "How many", 3)
    ann.page.locator("#imagine").click()
    ann.wait("() => document.querySelectorAll('.imagined canvas').length === 3")
    asked = ann.server.asked[-1]
    assert "photo" not in asked
    assert (asked["edit"], asked["options"]["person"], asked["options"]["count"]) == ("imagine", "ann", 3)
    assert "None of these was ever taken" in ann.page.inner_text("dialog.imagine")
    ann.page.get_by_role("button", name="Picture 2 of ann, made up").click()
    ann.wait_photo((64, 64))
    assert is_seen(ann, COLORS[2], (32, 32))
    assert sorted(ann.server.forgotten) == ["fake-1-0", "fake-1-1", "fake-1-2"]


def test_right_to_left_everything_has_a_name_and_its_place_and_deleting_asks_first(visit):
    editor = begin(visit(path="/?lang=qps"), person())
    page, places = editor.page, {}
    for i in range(4):
        page.locator(".person input[type=radio]").nth(i).check(force=True)
        for name, (width, height) in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(DRAWN)
            places[f"action {i} {name}"] = page.evaluate(OVERFLOWING)
        places[f"action {i}"] = unnamed(editor)
    for place in ("#restore", ".person .who .button >> nth=1", ".person .who .button >> nth=0", "#delete-person"):
        page.locator(place).click()
        places[place] = [*unnamed(editor), *page.evaluate(OVERFLOWING)]
        if place != ".person .who .button >> nth=0":
            editor.key("Escape")
    assert {place: found for place, found in places.items() if found} == {}
    assert editor.server.deleted == []
    page.locator(".person .who .button >> nth=0").click()
    page.locator("#delete-person").click()
    page.locator("#really-delete").click()
    gone = ["persons/ann/person.json", "persons/ann/person.safetensors"]
    page.wait_for_selector("dialog.gone")
    assert page.locator("dialog.gone li").all_inner_texts() == gone
    editor.key("Escape")
    assert page.locator("#new-person").is_visible()


def test_a_phone_has_room_for_all_of_it(visit):
    editor = begin(visit(**PHONE), person())
    page = editor.page
    assert [page.evaluate(OVERFLOWING), page.evaluate(TARGETS)] == [[], []]
    mark(editor)
    set_number(editor, "Answers", 2)
    done(editor)
    assert [page.evaluate(OVERFLOWING), page.evaluate(TARGETS)] == [[], []]
    assert page.locator("#pane").bounding_box()["height"] >= 200
    page.get_by_role("button", name="New person").click()
    assert [page.evaluate(OVERFLOWING), page.evaluate(TARGETS)] == [[], []]
