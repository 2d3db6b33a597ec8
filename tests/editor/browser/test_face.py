"""Face: mask, lines and colours on layers of their own; redrawing, correcting, keeping; the photo's lines; faces."""

import numpy as np
import pytest

from .drawn import BOX, COLORS, FACE, Redrawing, picture_of
from .hands import DRAWN
from .photos import mask_of, png
from .test_looks import LANGUAGES, OVERFLOWING, WIDTHS, unnamed
from .test_touch import PHONE, TARGETS, Fingers

MASK = (125, 115), (180, 115)
LINE = (125, 112), (150, 120), (180, 112)
FRESH = "localStorage['retoucher-settings'] = JSON.stringify({ hintSeen: true })"
GUIDES = """() => [...document.querySelectorAll('.guide.face:not(.under)')]
  .map((each) => each.classList.contains('faint'))"""
FACES = "() => document.querySelectorAll('.guide.face').length"


def begin(editor, **more):
    """A portrait in Face mode, and the stand-in for the server."""
    editor.server = Redrawing(editor.page, **more)
    editor.open(png(), "portrait.png")
    editor.key("3")
    editor.wait("() => !/Looking/.test(document.querySelector('.face').textContent)")
    editor.brush(30)
    return editor


@pytest.fixture
def face(editor):
    """A portrait with one face, in Face mode."""
    return begin(editor)


def mark(editor):
    editor.key("b")
    editor.stroke(*MASK)


def redrawn(editor):
    """Press Enter and wait for the result; what was asked for."""
    count = len(editor.server.redrawings)
    editor.key("Enter")
    editor.wait_status("^Redrawn in 0.8 s")
    asked = editor.server.redrawings
    assert len(asked) == count + 1
    return asked[-1]


def color(editor, x, y):
    """The screen's colour at a place of the photo."""
    at = editor.place(x, y)
    return editor.picture(at, (at[0] + 1, at[1] + 1))[0, 0].astype(int)


def is_near(one, other, by=3):
    return np.abs(np.subtract(one, other[:3])).max() <= by


def names(editor):
    return editor.steps[0][1:]


def on(editor, selector):
    return editor.page.get_attribute(selector, "aria-pressed") == "true"


def layer(editor, name):
    return editor.page.locator(".face-layer").filter(has_text=name)


def test_consent_is_asked_for_once_and_not_now_leads_back(visit):
    editor = visit()
    editor.page.evaluate(FRESH)
    editor.reload()
    server = Redrawing(editor.page)
    editor.open(png(), "portrait.png")
    editor.key("3")
    editor.page.wait_for_selector("dialog.consent")
    assert "people who would not mind" in editor.page.inner_text("dialog.consent")
    editor.key("Escape")
    assert on(editor, "[data-mode=remove]")
    editor.key("3")
    editor.page.wait_for_selector("dialog.consent")
    editor.key("Enter")
    assert on(editor, "[data-mode=face]")
    editor.key("1", "3")
    assert editor.page.locator("dialog").count() == 0
    assert server.asked == []


def test_each_tool_has_its_layer_and_every_stroke_is_a_step(face):
    mark(face)
    face.key("p")
    face.stroke(*LINE)
    face.key("t")
    face.stroke((130, 125), (175, 125))
    face.wait_status("^Colour. Lines: 1, colours: 1")
    assert names(face) == ["Brush", "Line", "Colour"]
    assert face.page.locator("#redraw").is_enabled()
    lines = face.seen("sketch-layer")
    face.key("Control+z")
    face.wait_status("^Undone: Colour")
    face.key("Control+z")
    face.wait_status("^Undone: Line")
    assert face.seen("sketch-layer") != lines
    face.key("Shift+Control+z")
    face.wait_status("^Done again: Line")
    assert face.seen("sketch-layer") == lines


def test_clearing_the_lines_never_clears_the_mask(face):
    mark(face)
    mask = face.seen("mask-layer")
    face.key("p")
    face.stroke(*LINE)
    face.press_button("Clear the lines")
    face.wait_status("^Lines cleared. Lines: 0, colours: 0")
    assert face.seen("mask-layer") == mask
    asked = redrawn(face)
    assert "sketch" not in asked
    assert "color" not in asked
    assert mask_of(asked["mask"])[115, 130:175].all()


def test_mask_lines_and_colours_are_sent_as_they_are_drawn(face):
    mark(face)
    face.key("p")
    face.stroke((125, 110), (180, 110))
    face.key("t")
    face.page.locator("#face-color").fill("#3366cc")
    face.stroke((130, 122), (175, 122))
    asked = redrawn(face)
    assert asked["options"] == {"face": ""}
    sketch, colors = picture_of(asked["sketch"]), picture_of(asked["color"])
    assert sketch.shape == colors.shape == (200, 304, 4)
    assert set(np.unique(sketch[..., 3])) == {0, 255}
    assert (sketch[108:113, 126:179, 3] > 127).sum(0).tolist() == [2] * 53  # two pixels wide all along
    assert sketch[:105, :, 3].max() == sketch[116:, :, 3].max() == 0
    assert tuple(colors[122, 150]) == (0x33, 0x66, 0xCC, 255)
    assert colors[:115, :, 3].max() == 0


def test_the_result_is_seen_without_the_layers_and_the_next_takes_its_place(face):
    mark(face)
    face.key("p")
    face.stroke(*LINE)
    first = redrawn(face)
    middle = BOX[0] + 30, BOX[1] + 5
    assert is_near(color(face, *middle), COLORS[0])
    assert face.page.inner_text("#outside") == "Changed outside the mask: 0 pixels"
    face.key("Shift+l")
    assert not is_near(color(face, *middle), COLORS[0])  # under the mask's veil
    face.stroke((125, 118), (180, 118))
    second = redrawn(face)
    assert second["photo"] == first["photo"]
    assert len(second["sketch"]) != len(first["sketch"])
    assert is_near(color(face, *middle), COLORS[1])
    assert names(face) == ["Brush", "Line", "Redrawn", "Line", "Redrawn"]
    face.key("Control+z", "Control+z")
    face.wait_status("^Undone: Line")
    face.key("Shift+l")
    assert is_near(color(face, *middle), COLORS[0])


def test_keeping_ends_it_and_the_next_begins_from_there(face):
    mark(face)
    face.key("p")
    face.stroke(*LINE)
    first = redrawn(face)
    face.key("Shift+Enter")
    face.wait_status("^Kept")
    assert face.page.locator("#keep").is_hidden()
    assert layer(face, "Lines").get_by_role("button", name="Clear the lines").is_disabled()
    face.key("b")
    assert mask_of(face.mask()).sum() > 0  # the mask that was filled last is exported still
    mark(face)
    second = redrawn(face)
    assert second["photo"] == "fake-0" != first["photo"]
    assert "sketch" not in second
    face.key("Control+z", "Control+z", "Control+z")
    face.wait_status("^Undone: Kept")
    assert face.page.locator("#keep").is_visible()
    assert layer(face, "Lines").get_by_role("button", name="Clear the lines").is_enabled()


def test_leaving_the_mode_keeps_the_result_and_its_mask_is_done_with(face):
    mark(face)
    face.key("p")
    face.stroke(*LINE)
    redrawn(face)
    face.key("1")
    assert names(face)[-1] == "Kept"
    assert not on(face, "[data-tool=pen]")
    assert face.page.locator("[data-tool=pen]").is_hidden()
    assert is_near(color(face, BOX[0] + 30, BOX[1] + 5), COLORS[0])
    face.key("3")
    assert layer(face, "Lines").get_by_role("button", name="Clear the lines").is_enabled()  # what is drawn has waited
    assert layer(face, "Mask").get_by_role("button", name="Clear the mask").is_disabled()


def test_without_a_result_the_mask_goes_along_to_other_modes(face):
    mark(face)
    mask = face.seen("mask-layer")
    face.key("2")
    assert face.seen("mask-layer") == mask
    assert names(face) == ["Brush"]


def test_escape_cancels_and_everything_stays(face):
    mark(face)
    face.key("p")
    face.stroke(*LINE)
    face.server.hold = True
    before = face.seen("sketch-layer"), face.seen("mask-layer")
    face.key("Enter")
    face.wait("() => document.querySelector('.queue .what')?.textContent.includes('9 s left')")
    face.key("Escape")
    face.wait_status("^Cancelled")
    assert (face.seen("sketch-layer"), face.seen("mask-layer")) == before
    assert names(face) == ["Brush", "Line"]
    face.page.wait_for_timeout(100)
    assert face.server.cancelled == [0]


def test_a_second_enter_asks_anew_and_undo_takes_an_order_back(face):
    mark(face)
    face.server.hold = True
    face.key("Enter")
    face.wait("() => document.querySelector('.queue progress[value]')")
    face.key("Enter")
    face.wait("() => document.querySelectorAll('.queue li').length === 1")
    face.page.wait_for_timeout(200)
    assert face.server.cancelled == [0]
    face.key("Control+z")
    face.wait_status("^Cancelled")
    assert names(face) == ["Brush"]
    assert face.steps[1] == 1


def test_a_layer_can_be_hidden_alone_and_drawing_on_it_shows_it(face):
    mark(face)
    face.key("p")
    face.stroke(*LINE)
    mask, lines = face.seen("mask-layer"), face.seen("sketch-layer")
    face.page.get_by_role("button", name="Show the lines").click()
    assert face.seen("sketch-layer") != lines
    assert face.seen("mask-layer") == mask
    face.page.get_by_role("button", name="Show the mask").click()
    assert face.seen("mask-layer") != mask
    asked = redrawn(face)  # what is hidden counts nevertheless
    assert "sketch" in asked
    face.key("Control+z")
    face.stroke((130, 105), (170, 105))
    assert face.page.get_by_role("button", name="Show the lines").get_attribute("aria-pressed") == "true"
    assert face.page.get_by_role("button", name="Show the mask").get_attribute("aria-pressed") == "false"


def test_the_photos_lines_are_bent_erased_and_sent_within_the_mask_alone(face):
    face.key("p")
    face.page.click("#trace")
    face.wait_status("^The photo's lines: 2")
    assert on(face, "[data-tool=bend]")
    assert face.server.asked[0]["options"] == {"face": "", "detail": 0.5}
    face.stroke((150, 115), (150, 123))
    face.wait_status("^Lines bent")
    face.key("e")
    face.stroke((172, 105), (172, 125))
    face.wait_status("^Lines erased. Lines: 3")
    mark(face)
    sketch = picture_of(redrawn(face)["sketch"])[..., 3] > 127
    rows = np.nonzero(sketch[:, 150])[0]
    assert abs(rows.mean() - 122.5) <= 1.5  # bent
    assert sketch[113:118, 122].any()  # its end has stayed
    assert not sketch[105:130, 170:174].any()  # erased
    assert not sketch[:99].any()  # the ring lies outside the mask
    assert names(face)[:3] == ["The photo's lines", "Lines bent", "Lines erased"]


def test_the_photos_colours_lie_under_what_is_painted_and_count_within_the_mask(face):
    face.key("t")
    face.page.click("#trace-colors")
    face.wait_status("^The photo's colours are taken")
    face.page.locator("#face-color").fill("#3366cc")
    face.stroke((130, 115), (175, 115))
    mark(face)
    colors = picture_of(redrawn(face)["color"])
    mask = mask_of(face.server.redrawings[0]["mask"])
    assert tuple(colors[115, 150]) == (0x33, 0x66, 0xCC, 255)
    assert tuple(colors[125, 150]) == (200, 150, 120, 255)
    assert not colors[~mask, 3].any()


def test_a_colour_is_picked_from_the_photo_and_the_last_ones_are_kept(face):
    face.key("i")
    face.click(150, 100)
    face.wait_status("^Colour #e1")
    assert on(face, "[data-tool=paint]")
    swatch = face.page.locator("#face-color")
    assert swatch.input_value() == "#e11e28"  # the disc
    face.stroke((130, 115), (150, 115))
    face.page.keyboard.down("Alt")
    face.click(20, 20)
    face.page.keyboard.up("Alt")
    face.wait_status("is in the brush")
    picked = swatch.input_value()
    assert picked != "#e11e28"
    face.stroke((130, 125), (150, 125))
    chips = face.page.locator(".color-chip")
    assert [each.get_attribute("data-color") for each in chips.all()] == [picked, "#e11e28"]
    chips.nth(1).click()
    assert swatch.input_value() == "#e11e28"
    assert names(face) == ["Colour", "Colour"]


def test_drawing_is_mirrored_about_a_line_that_can_be_dragged(face):
    mark(face)
    face.key("p", "Shift+X")
    face.wait_status("^Strokes are mirrored")
    face.stroke((130, 110), (140, 110))
    face.wait_status("^Line. Lines: 2")
    face.stroke((152, 100), (162, 100))  # its middle handle
    face.stroke((150, 120), (155, 120))
    sketch = picture_of(redrawn(face)["sketch"])[..., 3] > 127
    assert sketch[108:112, 165:173].any(0).all()  # about x = 152
    assert sketch[118:122, 170:173].any(0).all()  # about x = 162
    assert names(face) == ["Brush", "Line", "Line", "Redrawn"]


def test_no_face_is_said_with_its_remedy_and_a_box_is_dragged(editor):
    begin(editor, faces=[])
    editor.wait_status("^No face was found. Set it by hand")
    assert editor.page.locator("#toast").is_visible()
    mark(editor)
    assert editor.page.locator("#redraw").is_disabled()
    editor.page.click("#face-box")
    editor.stroke((100, 50), (200, 170))
    editor.wait_status("^Face set")
    box = [int(each) for each in redrawn(editor)["options"]["face"].split(",")]
    assert np.abs(np.subtract(box, (100, 50, 100, 120))).max() <= 1
    width = editor.page.locator(".face .grid").get_by_label("Width", exact=True)
    width.fill("90")
    width.press("Tab")
    editor.page.locator("#pane").focus()
    assert redrawn(editor)["options"]["face"].split(",")[2] == "90"
    editor.press_button("Find by itself")
    editor.wait("() => document.querySelector('#redraw').disabled")


def test_of_several_faces_the_one_under_the_mask_is_meant(editor):
    begin(editor, faces=[(FACE, None), ((10, 10, 60, 60), None)])
    assert editor.page.evaluate(GUIDES) == [False, True]
    editor.stroke((30, 40), (50, 40))
    editor.wait(f"() => ({GUIDES})()[0]")
    assert editor.page.evaluate(GUIDES) == [True, False]
    assert redrawn(editor)["options"] == {"face": ""}
    assert editor.server.looked == 1


def test_a_reload_brings_every_layer_back(face):
    mark(face)
    face.key("p")
    face.stroke(*LINE)
    face.key("t")
    face.page.click("#trace-colors")
    face.wait_status("^The photo's colours")
    face.stroke((130, 125), (175, 125))
    face.page.mouse.move(5, 5)
    layers = [face.seen(name) for name in ("mask-layer", "sketch-layer", "color-layer")]
    face.page.wait_for_timeout(500)
    face.reload()
    face.page.evaluate("() => document.querySelector('.guide') ?? null")
    for name, seen in zip(("mask-layer", "sketch-layer", "color-layer"), layers, strict=True):
        face.wait_seen(seen, name)
    assert on(face, "[data-mode=face]")
    assert names(face) == ["Brush", "Line", "The photo's colours", "Colour"]


def test_a_result_survives_a_reload_and_can_still_be_corrected(face):
    mark(face)
    first = redrawn(face)
    face.page.wait_for_timeout(500)
    face.reload()
    face.wait_photo()
    face.page.wait_for_selector("#keep", state="visible")
    face.server = Redrawing(face.page)
    second = redrawn(face)
    assert second["photo"] == first["photo"]


def test_switched_on_every_stroke_redraws(face):
    face.auto(True)
    face.key("p")
    face.stroke(*LINE)
    assert face.server.redrawings == []  # nothing is marked yet
    mark(face)
    face.wait_status("^Redrawn")
    face.key("p")
    face.stroke((130, 105), (170, 105))
    face.wait("() => document.querySelectorAll('.history li').length === 6")
    assert len(face.server.redrawings) == 2


def test_all_of_it_by_keyboard_alone(face):
    face.page.locator("#pane").focus()
    face.key("b", "ArrowRight", " ", *["Shift+ArrowRight"] * 3, " ")
    face.wait_status("^Brush")
    face.key("p", " ", *["Shift+ArrowLeft"] * 2, " ")
    face.wait_status("^Line. Lines: 1")
    face.key("]", "]")
    assert face.field("Width of the pen").input_value() == "4"
    face.key("e", " ", *["Shift+ArrowRight"] * 3, " ")
    face.wait_status("^Lines erased")
    face.key("Escape")
    redrawn(face)
    face.key("Shift+Enter")
    face.wait_status("^Kept")


def test_the_pen_has_one_to_eight_pixels(face):
    face.key("p", *"]" * 12)
    assert face.field("Width of the pen").input_value() == "8"
    face.key(*"[" * 12)
    assert face.field("Width of the pen").input_value() == "1"
    face.key("b")
    assert face.field("Size").input_value() == "30"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mode_fits_and_every_control_has_a_name(visit, language):
    editor = visit(**LANGUAGES[language])
    editor.server = Redrawing(editor.page)
    editor.open(png(), "portrait.png")
    editor.key("3")
    editor.page.wait_for_function(FACES)
    editor.stroke(*MASK)
    editor.key("Enter")
    editor.wait("() => document.querySelector('#layers')?.checkVisibility()")
    found = {}
    for tool in ("p", "t", "r", "b"):
        editor.key(tool)
        found[f"{tool} names"] = unnamed(editor)
        for name, (width, height) in WIDTHS.items():
            editor.page.set_viewport_size({"width": width, "height": height})
            editor.page.evaluate(DRAWN)
            found[f"{tool} {name}"] = editor.page.evaluate(OVERFLOWING)
    assert {place: each for place, each in found.items() if each} == {}


@pytest.fixture
def phone(visit):
    editor = visit(**PHONE)
    editor.server = Redrawing(editor.page)
    editor.open(png(), "portrait.png")
    editor.page.locator("[data-mode=face]").tap()
    editor.page.wait_for_function(FACES)
    return editor


def press(editor, selector):
    """Tap on a button as late as a person would: right after a quick stroke browsers take it for a fling's end."""
    editor.page.wait_for_timeout(400)
    editor.page.locator(selector).tap()


def tap(editor, tool):
    """Take a tool by a finger; its click comes a moment after the touch."""
    press(editor, f"[data-tool={tool}]")
    editor.page.wait_for_selector(f"[data-tool={tool}][aria-pressed=true]")


def test_on_a_phone_fingers_draw_and_every_target_has_44_pixels(phone):
    fingers = Fingers(phone)
    fingers.drag((phone.place(125, 115), phone.place(180, 115)))
    tap(phone, "pen")
    fingers.drag((phone.place(125, 112), phone.place(180, 112)))
    phone.wait_status("^Line. Lines: 1")
    assert phone.page.evaluate(TARGETS) == []
    tap(phone, "paint")
    assert phone.page.evaluate(TARGETS) == []
    fingers.drag((phone.place(125, 122), phone.place(180, 122)))
    press(phone, "#redraw")
    phone.wait_status("^Redrawn")
    assert phone.page.evaluate(TARGETS) == []
    press(phone, "#layers")
    phone.page.wait_for_selector("#layers[aria-pressed=true]")
    assert phone.page.locator("#layers").get_attribute("aria-pressed") == "true"
    assert phone.page.evaluate("() => document.scrollingElement.scrollWidth") == 360


def test_a_finger_that_lies_still_picks_the_colour(phone):
    tap(phone, "paint")
    fingers = Fingers(phone)
    fingers.send("touchStart", [phone.place(150, 100)])
    phone.page.wait_for_timeout(800)
    fingers.send("touchEnd", [])
    phone.wait_status("^Colour #e11e28 is in the brush")
    assert phone.steps == (["Opened"], 0)
