"""A phone: 360 × 640 at two device pixels, fingers and a pen."""

import numpy as np
import pytest

from .photos import differing, grown, mask_of, png, redness, samples_of

PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
TARGETS = """() => [...document.querySelectorAll('button, input, select, summary, a[href]:not(small a), [role=slider]')]
  .filter((each) => each.checkVisibility({ checkOpacity: false }) && each.getBoundingClientRect().width > 1)
  .map((each) => {
    const box = (each.closest('label') ?? each).getBoundingClientRect();
    return [each.outerHTML.slice(0, 90), Math.round(box.width * 10) / 10, Math.round(box.height * 10) / 10];
  })
  .filter(([, width, height]) => width < 43.9 || height < 43.9)"""


class Fingers:
    """Touches, given to the browser as the screen's driver would."""

    def __init__(self, editor):
        self.editor = editor
        self.session = editor.page.context.new_cdp_session(editor.page)

    def send(self, kind, points):
        places = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    def drag(self, *fingers, steps=6):
        """Each finger is a pair of places (from, to) on the screen; all move at once. They land one after the other."""
        starts = [start for start, _ in fingers]
        for count in range(1, len(starts) + 1):
            self.send("touchStart", starts[:count])
        for step in range(1, steps + 1):
            share = step / steps
            self.send("touchMove", [tuple(np.array(a) + share * (np.array(b) - a)) for a, b in fingers])
        self.send("touchEnd", [])

    def tap(self, *places):
        for count in range(1, len(places) + 1):
            self.send("touchStart", places[:count])
        self.send("touchEnd", [])


@pytest.fixture
def phone(visit):
    return visit(**PHONE).open(png(), "holiday.png")


def test_one_finger_takes_the_thing_out(phone):
    fingers = Fingers(phone)
    phone.brush(40)
    fingers.drag((phone.place(135, 100), phone.place(166, 100)))
    phone.filled()
    mask = mask_of(phone.mask())
    after = samples_of(phone.save()[1])
    assert mask[100, 140:160].all()
    assert not differing(samples_of(png()), after)[~grown(mask)].any()
    assert redness(after) < 60


def test_two_fingers_zoom_and_move_without_painting(phone):
    before, zoom = phone.seen("photo-layer"), phone.zoom
    fingers = Fingers(phone)
    fingers.drag((phone.place(120, 100), phone.place(80, 100)), (phone.place(180, 100), phone.place(220, 100)))
    assert phone.seen("photo-layer") != before
    assert float(phone.zoom.split()[0]) == pytest.approx(float(zoom.split()[0]) * 140 / 60, rel=0.05)
    assert phone.steps == (["Opened"], 0)
    assert mask_of(phone.mask()).sum() == 0


def test_two_fingers_undo_and_three_redo(phone):
    phone.auto(False)
    phone.brush(40)
    fingers = Fingers(phone)
    fingers.drag((phone.place(60, 60), phone.place(90, 60)))
    assert phone.steps == (["Opened", "Brush"], 1)
    fingers.tap(phone.place(100, 100), phone.place(150, 100))
    phone.wait_status("^Undone")
    assert phone.steps[1] == 0
    fingers.tap(phone.place(100, 100), phone.place(150, 100), phone.place(200, 100))
    phone.wait_status("^Done again")
    assert phone.steps[1] == 1


def test_every_target_has_44_pixels_and_nothing_scrolls(phone):
    assert phone.page.evaluate(TARGETS) == []
    scrolls = phone.page.evaluate(
        "() => [document.scrollingElement.scrollHeight, document.scrollingElement.scrollWidth]"
    )
    assert scrolls == [640, 360]
    Fingers(phone).drag((phone.place(150, 60), phone.place(150, 190)))
    assert phone.page.evaluate("() => [scrollX, scrollY]") == [0, 0]


def test_the_start_has_targets_of_44_pixels(visit):
    page = visit(**PHONE).page
    page.wait_for_selector(".sample")
    assert page.evaluate(TARGETS) == []
    assert page.evaluate("() => document.scrollingElement.scrollWidth") == 360


def test_the_loupe_shows_what_lies_under_the_finger(phone):
    fingers = Fingers(phone)
    fingers.send("touchStart", [phone.place(150, 100)])
    fingers.send("touchMove", [phone.place(152, 100)])
    loupe = phone.page.locator("#loupe")
    loupe.wait_for(state="visible")
    phone.picture()
    pixels = phone.page.evaluate(
        "() => [...document.querySelector('#loupe').getContext('2d').getImageData(110, 110, 20, 20).data]"
    )
    red, green = np.reshape(pixels, (-1, 4))[:, :2].T
    assert (red - green).mean() > 100
    fingers.send("touchEnd", [])
    loupe.wait_for(state="hidden")


def pen(editor, *places, force):
    """A stroke of a pen pressed with `force`, 0 to 1."""
    session = editor.page.context.new_cdp_session(editor.page)
    more = {"button": "left", "buttons": 1, "pointerType": "pen", "force": force, "clickCount": 1}
    for kind, (x, y) in zip(
        ["mousePressed", *["mouseMoved"] * (len(places) - 2), "mouseReleased"],
        (editor.place(*each) for each in places),
        strict=True,
    ):
        session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})


def test_the_brush_is_as_wide_as_the_pen_is_pressed(editor):
    editor.open(png(), "holiday.png")
    editor.auto(False)
    editor.brush(40)
    pen(editor, (60, 60), (100, 60), (140, 60), force=0.5)
    light = mask_of(editor.mask())[:, 90].sum()
    editor.key("Control+z")
    pen(editor, (60, 60), (100, 60), (140, 60), force=1)
    assert light == pytest.approx(20, abs=2)
    assert mask_of(editor.mask())[:, 90].sum() == pytest.approx(40, abs=2)
