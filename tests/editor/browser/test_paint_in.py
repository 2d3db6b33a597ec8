"""Paint-in: an object is laid on a painting, moved, trimmed, previewed, painted in and applied."""

import numpy as np
import pytest

from .painted import BOX, GREEN, STREAM, Harmonizing, disc, half
from .photos import mask_of, png
from .test_touch import PHONE, TARGETS, Fingers

MIDDLE = (152, 100)
PREVIEW = "() => document.querySelector('.badge').textContent === 'Preview'"


def put(editor, data=None, name="disc.png"):
    """Choose an object's file."""
    editor.page.set_input_files("#object-input", {"name": name, "mimeType": "image/png", "buffer": data or disc()})
    editor.wait("() => document.querySelector('#paint:not([hidden])')?.checkVisibility()")


def begin(editor, **more):
    """A painting in Paint-in mode, and the stand-in for the server."""
    server = Harmonizing(editor.page, **more)
    editor.open(png(), "painting.png")
    editor.key("4")
    return server


@pytest.fixture
def placed(editor):
    """A painting with a disc in its middle, previewed."""
    editor.server = begin(editor)
    put(editor)
    editor.wait(PREVIEW)
    return editor


def place_of(editor):
    """The place as the panel's fields have it."""
    names = {"x": "X", "y": "Y", "scale": "Scale %", "rotate": "Turn °"}
    return {name: float(field(editor, label).input_value()) for name, label in names.items()}


def field(editor, label):
    return editor.page.locator(".paint-in .grid").first.get_by_label(label, exact=True)


def color(editor, x, y):
    """The screen's colour at a place of the painting."""
    at = editor.place(x, y)
    return editor.picture(at, (at[0] + 1, at[1] + 1))[0, 0].astype(int)


def is_near(one, other):
    return np.abs(np.subtract(one, other[:3])).max() <= 3


def settled(editor):
    """Until the preview of what is placed now is shown; its options."""
    editor.wait(PREVIEW)
    return editor.server.previews[-1]["options"]


def drag(editor, start, end, **more):
    mouse = editor.page.mouse
    mouse.move(*editor.place(*start))
    mouse.down()
    mouse.move(*editor.place(*end), steps=5)
    if more.get("hold"):
        return
    mouse.up()


def test_an_object_is_shown_at_once_and_previewed_small(editor):
    server = begin(editor)
    editor.page.route("**/api/edits/harmonize", lambda route: None)  # no preview comes
    put(editor)
    assert is_near(color(editor, *MIDDLE), (40, 70, 220))
    assert not is_near(color(editor, 152 + 38, 100 + 38), (255, 255, 255))  # its corner is transparent
    editor.page.unroute("**/api/edits/harmonize")
    assert server.finals == []


def test_the_preview_is_marked_and_goes_as_soon_as_the_object_is_dragged(placed):
    assert placed.server.previews[0]["options"] == {
        "x": 152,
        "y": 100,
        "scale": 1,
        "rotate": 0,
        "flip": False,
        "strength": "auto",
        "like": "",
        "size": 320,
        "steps": 20,
    }
    assert is_near(color(placed, BOX[0] + 5, BOX[1] + 5), GREEN)
    drag(placed, MIDDLE, (172, 90), hold=True)
    assert not is_near(color(placed, BOX[0] + 5, BOX[1] + 5), GREEN)
    assert is_near(color(placed, 172, 90), (40, 70, 220))
    assert placed.page.locator(".badge").is_hidden()
    placed.page.mouse.up()
    options = settled(placed)
    assert (options["x"], options["y"]) == pytest.approx((172, 90), abs=0.5)


def test_a_preview_of_an_older_place_never_shows(editor):
    editor.server = begin(editor)
    held = []
    editor.page.route("**/api/jobs/fake-0", lambda route: held.append(route))
    put(editor)
    editor.wait("() => document.querySelector('.badge').textContent === 'Preview is made …'")
    while not held:
        editor.page.wait_for_timeout(20)
    editor.key("ArrowRight")
    options = settled(editor)
    assert options["x"] == 153
    assert [route.request.method for route in held] == ["GET", "DELETE"]
    assert len(editor.server.previews) == 2


def test_corners_scale_the_round_handle_turns_and_shift_snaps(placed):
    drag(placed, (192, 140), (212, 160))
    now = place_of(placed)
    assert now["scale"] == pytest.approx(125, abs=1)
    assert (now["x"], now["y"]) == pytest.approx((162, 110), abs=0.6)  # the corner across has stayed
    zoom = placed.page.evaluate("() => document.querySelector('.level').textContent")
    above = 110 - 50 - 36 / (float(zoom.split()[0]) / 100)
    drag(placed, (162, above), (220, 110))
    assert place_of(placed)["rotate"] == pytest.approx(90, abs=1)
    placed.key("Control+z")
    placed.page.keyboard.down("Shift")
    drag(placed, (162, above), (201, 64))
    placed.page.keyboard.up("Shift")
    assert place_of(placed)["rotate"] == 45
    placed.key("Shift+H")
    assert place_of(placed)["rotate"] == -45
    assert settled(placed)["flip"] is True
    assert placed.steps[0][1:] == ["Object placed", "Object scaled", "Object turned", "Object flipped"]


def test_moves_are_steps_and_undo_goes_back_through_them(placed):
    drag(placed, MIDDLE, (172, 90))
    placed.key("Shift+ArrowDown", "ArrowDown", "ArrowLeft")
    names, _ = placed.steps
    assert names == ["Opened", "Object placed", "Object moved", "Object moved"]  # the arrows' steps are one
    assert place_of(placed)["y"] == pytest.approx(101, abs=0.5)
    placed.key("Control+z", "Control+z")
    placed.wait("() => document.querySelector('.history button[aria-current]').textContent === 'Object placed'")
    assert place_of(placed)["x"] == 152
    placed.key("Control+z")
    placed.page.wait_for_selector("#choose-object", state="visible")
    placed.key("Control+Shift+z")
    placed.wait(PREVIEW)
    assert place_of(placed) == {"x": 152, "y": 100, "scale": 100, "rotate": 0}


def test_painting_in_shows_how_it_goes_and_applying_is_one_step(placed):
    placed.server.hold = True
    before = placed.seen()
    placed.key("Enter")
    placed.wait("() => document.querySelector('.queue .what')?.textContent.includes('9 s left')")
    assert "Second pass" in placed.page.inner_text(".queue .what")
    placed.wait("() => document.querySelector('.badge').textContent === 'Being painted …'")
    assert is_near(color(placed, BOX[0] + 5, BOX[1] + 5), (200, 120, 20))  # the server's preview
    placed.server.hold = False
    placed.wait_status("^Painted in 2.5 s.*Strength 0.52 was measured")
    assert is_near(color(placed, BOX[0] + 5, BOX[1] + 5), GREEN)
    assert "size" not in placed.server.finals[0]["options"]
    assert placed.steps == (["Opened", "Object placed"], 1)
    placed.key("Enter")
    placed.wait_status("^Applied")
    assert placed.steps == (["Opened", "Object placed", "Painted in"], 2)
    assert is_near(color(placed, BOX[0] + 5, BOX[1] + 5), GREEN)
    assert placed.page.inner_text("#outside") == "Changed outside the mask: 0 pixels"
    assert placed.page.locator("#choose-object").is_visible()
    placed.key("Control+z")
    placed.page.wait_for_selector("#apply", state="visible")  # the object lies there again, and can be moved
    drag(placed, MIDDLE, (172, 90))
    placed.page.wait_for_selector("#paint", state="visible")
    placed.key("Control+z", "Control+z", "Control+z")
    placed.page.wait_for_selector("#choose-object", state="visible")
    assert placed.seen() != before


def test_escape_cancels_and_the_object_lies_where_it_was(placed):
    placed.server.hold = True
    placed.key("Enter")
    placed.wait("() => document.querySelector('.queue progress[value]')")
    placed.key("Escape")
    placed.wait_status("^(Cancelled; the object|Preview)")
    assert placed.page.locator(".queue li").count() == 0
    number = placed.server.asked.index(placed.server.finals[0])
    placed.page.wait_for_timeout(100)
    assert number in placed.server.cancelled
    assert place_of(placed)["x"] == 152
    placed.wait(PREVIEW)


def test_moving_the_object_gives_up_what_is_being_painted(placed):
    placed.server.hold = True
    placed.key("Enter")
    placed.wait("() => document.querySelector('.queue progress[value]')")
    placed.key("ArrowRight")
    placed.wait("() => !document.querySelector('.queue li')")
    assert settled(placed)["x"] == 153
    assert placed.page.locator("#apply").is_hidden()


def test_the_eraser_trims_the_object_and_a_mask_goes_along(placed):
    placed.key("e")
    placed.unfold("label:has-text('Size')")
    placed.brush(20)
    placed.stroke((120, 100), (140, 100))
    assert is_near(color(placed, 160, 100), (40, 70, 220))  # under the pointer it is the object that is seen
    placed.page.mouse.move(5, 5)
    placed.wait(PREVIEW)
    kept = mask_of(placed.server.previews[-1]["mask"])
    assert kept.shape == (80, 80)
    assert not kept[36:44, 4:26].any()
    assert kept[:26].all()
    assert kept[36:44, 45:].all()
    placed.key("Control+z")
    placed.wait(PREVIEW)
    assert "mask" not in placed.server.previews[-1]


def test_a_picture_without_transparency_is_cut_out_first(editor):
    server = editor.server = begin(editor)
    put(editor, half(), "half.png")
    editor.wait_status("no transparent part")
    editor.page.wait_for_timeout(600)
    assert server.asked == []
    assert editor.page.locator("[data-tool=select][aria-pressed=true]").count() == 1
    editor.key("m")
    editor.stroke((107, 70), (136.5, 129.5))  # around its red third
    editor.wait(PREVIEW)
    kept = mask_of(server.previews[-1]["mask"])
    assert kept.shape == (60, 90)
    assert kept[:, 1:28].all()
    assert not kept[:, 31:].any()


def test_a_click_selects_on_the_object_itself(editor):
    server = editor.server = begin(editor)
    put(editor, half(), "half.png")
    editor.wait_status("no transparent part")
    editor.click(121, 100)
    editor.wait_status("selected")
    editor.page.get_by_role("button", name="Cut out", exact=True).click()
    editor.wait(PREVIEW)
    assert editor.page.locator("[data-tool=hand][aria-pressed=true]").count() == 1
    kept = mask_of(server.previews[-1]["mask"])
    assert kept[10:50, 5:25].mean() > 0.9
    assert kept[10:50, 40:].mean() < 0.1


def test_a_picture_without_transparency_can_be_used_as_it_is(editor):
    server = editor.server = begin(editor)
    put(editor, half(), "half.png")
    editor.press_button("Use all of it")
    editor.wait(PREVIEW)
    assert "mask" not in server.previews[-1]


def test_strokes_can_be_taken_from_a_part(placed):
    placed.unfold("button:has-text('Mark a part')").click()
    placed.stroke((10, 20), (70.5, 80.5))
    x, y, width, height = map(int, settled(placed)["like"].split(","))
    assert (x, y, width, height) == pytest.approx((10, 20, 61, 61), abs=1)
    placed.press_button("Whole painting")
    assert settled(placed)["like"] == ""


def test_the_strength_is_measured_or_set_by_hand(placed):
    placed.choose("hand")
    assert settled(placed)["strength"] == 0.5
    number = placed.page.get_by_role("spinbutton", name="How much is repainted")
    number.fill("0.8")
    number.press("Enter")
    assert settled(placed)["strength"] == 0.8
    placed.page.locator(".paint-in input[value=auto]").check(force=True)
    assert settled(placed)["strength"] == "auto"


def test_numbers_place_the_object(placed):
    for label, value in (("X", "60.5"), ("Y", "40"), ("Scale %", "50"), ("Turn °", "-200")):
        field(placed, label).fill(value)
        field(placed, label).press("Enter")
    options = settled(placed)
    assert [options[name] for name in ("x", "y", "scale", "rotate")] == [60.5, 40, 0.5, 160]


def test_an_object_outside_the_painting_is_said_and_not_sent(placed):
    count = len(placed.server.asked)
    field(placed, "X").fill("-500")
    field(placed, "X").press("Enter")
    placed.page.wait_for_selector("text=The object lies outside the painting")
    assert placed.page.locator("#paint").is_disabled()
    placed.page.wait_for_timeout(500)
    assert len(placed.server.asked) == count


def test_the_map_of_strokes_can_be_seen(placed):
    placed.key("Enter")
    placed.wait_status("^Painted in")
    shown = placed.seen()
    placed.page.get_by_role("switch", name="Where the strokes come from").check(force=True)
    assert is_near(color(placed, 10, 10), (120, 20, 160))
    assert placed.page.inner_text(".badge") == "Where the strokes come from"
    placed.page.locator("#pane").focus()
    placed.key("Escape")
    placed.wait_seen(shown)


def test_a_reload_keeps_object_and_place(placed):
    drag(placed, MIDDLE, (172, 90))
    placed.wait(PREVIEW)
    placed.key("Enter")
    placed.wait_status("^Painted in")
    placed.page.wait_for_timeout(500)
    count = len(placed.server.asked)
    placed.reload()
    placed.wait_photo()
    placed.page.wait_for_selector("#apply", state="visible")
    assert placed.page.locator("[data-mode='paint-in'][aria-pressed=true]").count() == 1
    assert is_near(color(placed, BOX[0] + 5, BOX[1] + 5), GREEN)
    assert len(placed.server.asked) == count
    placed.key("Shift+ArrowRight")
    options = settled(placed)
    assert (options["x"], options["y"]) == pytest.approx((182, 90), abs=0.5)


def test_what_the_server_has_lost_is_painted_in_again(placed):
    placed.expect("404")
    placed.key("Enter")
    placed.wait_status("^Painted in")
    placed.key("Enter")
    placed.wait_status("^Applied")
    placed.page.wait_for_timeout(500)
    first = placed.server.finals[0]
    placed.server.lost = {f"fake-{number}" for number in range(len(placed.server.asked))}
    placed.reload()
    placed.page.evaluate(STREAM)
    placed.wait_photo()
    placed.wait("() => document.querySelectorAll('.history li').length === 3")
    assert is_near(color(placed, BOX[0] + 5, BOX[1] + 5), GREEN)
    assert len(placed.server.finals) == 2
    assert placed.server.finals[1] == first


def test_forgetting_the_photo_forgets_its_objects_too(placed):
    gone = []
    placed.page.on("request", lambda request: request.method == "DELETE" and gone.append(request.url.split("/")[-1]))
    placed.page.locator("#chip").click()
    placed.page.get_by_role("button", name="Forget this photo everywhere").click()
    placed.page.wait_for_selector("body.empty")
    placed.page.wait_for_timeout(200)
    assert placed.server.asked[0]["object"] in gone
    assert placed.server.asked[0]["photo"] in gone


def test_another_mode_keeps_the_object_and_its_own_mask(placed):
    placed.key("1")
    placed.auto(False)
    placed.take("brush")
    placed.stroke((20, 20), (60, 20))
    masked = placed.seen("mask-layer")
    placed.key("4")
    assert placed.page.locator("[data-tool=hand][aria-pressed=true]").count() == 1
    placed.wait(PREVIEW)
    assert place_of(placed)["x"] == 152
    placed.key("1")
    assert placed.page.locator("[data-tool=brush][aria-pressed=true]").count() == 1
    placed.wait_seen(masked, "mask-layer")


def test_what_is_dropped_onto_the_painting_is_an_object(editor):
    editor.server = begin(editor)
    editor.page.evaluate(
        """(bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], "disc.png", { type: "image/png" }));
        window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true, bubbles: true }));
    }""",
        list(disc()),
    )
    editor.wait(PREVIEW)
    assert editor.page.inner_text("#size") == "304 × 200"


def test_by_keyboard_alone(placed):
    pane = placed.page.locator("#pane")
    assert "Arrow keys move the object" in placed.page.inner_text("#stage-help")
    pane.focus()
    placed.key("Shift+ArrowLeft")
    placed.wait_status("^Object at 142, 100")
    placed.key("Enter")
    placed.wait_status("^Painted in")
    placed.key("Enter")
    placed.wait_status("^Applied")
    placed.key("Control+z", "Delete")
    placed.wait_status("^Object removed")


def test_saving_says_that_the_object_is_not_applied(placed):
    placed.ask_save()
    assert "not applied yet" in placed.page.inner_text("dialog.save .plan")
    placed.key("Escape")


def test_one_finger_moves_the_object_and_two_the_view(visit):
    phone = visit(**PHONE)
    server = begin(phone)
    phone.server = server
    put(phone)
    phone.wait(PREVIEW)
    assert phone.page.evaluate(TARGETS) == []
    phone.unfold("button:has-text('Mark a part')")
    phone.unfold("label:has-text('Working size')")
    phone.unfold("button:has-text('Whole object')")
    assert phone.page.evaluate(TARGETS) == []
    assert phone.page.evaluate("() => document.scrollingElement.scrollWidth") == 360
    fingers = Fingers(phone)
    before = phone.place(*MIDDLE)
    fingers.drag((before, (before[0] + 40, before[1])))
    options = settled(phone)
    scale = phone.place(1, 0)[0] - phone.place(0, 0)[0]
    assert options["x"] == pytest.approx(152 + 40 / scale, abs=1)
    zoom = phone.zoom
    fingers.drag((before, (before[0] - 40, before[1])), ((before[0] + 50, before[1]), (before[0] + 90, before[1])))
    assert phone.zoom != zoom
    assert place_of(phone)["x"] == options["x"]
