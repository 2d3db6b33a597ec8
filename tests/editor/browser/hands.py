"""A person's hands and eyes on the page: every step is one that a person could take."""

import io
import re

import numpy as np
from PIL import Image as Pillow

MARGIN = 16
"""CSS pixels around a photo that is fitted into the stage."""

IDLE = """() => !document.querySelector('.queue li')
  && /^(Done by|Cancelled)/.test(document.querySelector('#status').textContent)"""
DRAWN = "() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))"
LAYER = """(id) => {
  const layer = document.getElementById(id);
  const { data } = layer.getContext('2d').getImageData(0, 0, layer.width, layer.height);
  let hash = 2166136261;
  for (const each of new Uint32Array(data.buffer)) hash = Math.imul(hash ^ each, 16777619);
  return `${layer.width}x${layer.height} ${hash >>> 0}`;
}"""
MOD = "Control"


class Hands:
    """One tab. Places on the photo are in its own pixels."""

    def __init__(self, page, watch, address):
        self.page, self.watch, self.address = page, watch, address
        self.photo = (0, 0)

    def begin(self):
        """Open the page and wait until it can be used and knows its edits."""
        with self.page.expect_response("**/api/edits"):
            self.page.goto(self.address, wait_until="commit")
        return self.ready()

    def reload(self):
        with self.page.expect_response("**/api/edits"):
            self.page.reload(wait_until="commit")
        return self.ready()

    def ready(self):
        self.page.wait_for_selector("html[data-ready]", state="attached")
        self.page.evaluate(DRAWN)
        return self

    def expect(self, *complaints):
        """Complaints of the browser that belong to this test."""
        self.watch.expected += complaints

    # Looking

    @property
    def status(self):
        return self.page.inner_text("#status")

    def wait(self, condition, argument=None):
        """Until a function of the page's is true."""
        self.page.wait_for_function(condition, arg=argument)

    def wait_status(self, pattern):
        """Until the status line matches."""
        self.wait("(pattern) => new RegExp(pattern).test(document.querySelector('#status').textContent)", pattern)

    def seen(self, layer="photo-layer"):
        """What a layer of the stage shows: its size and a hash of its pixels (FNV-1a)."""
        self.page.evaluate(DRAWN)
        return self.page.evaluate(LAYER, layer)

    def wait_seen(self, wanted, layer="photo-layer"):
        """Until a layer shows what it showed before."""
        for _ in range(200):
            if self.seen(layer) == wanted:
                return
        raise AssertionError(f"{layer} does not show {wanted}")

    def picture(self, *corners):
        """A screenshot, (H, W, 3), of the whole page or of the box between two places on the screen."""
        self.page.evaluate(DRAWN)
        clip = None
        if corners:
            (left, top), (right, bottom) = corners
            clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        return np.asarray(Pillow.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("RGB"))

    @property
    def zoom(self):
        """The read-out of the zoom."""
        return self.page.inner_text(".level")

    @property
    def steps(self):
        """The history: its steps' names, and which is present."""
        names = self.page.locator(".history li button span:last-child").all_text_contents()
        present = self.page.evaluate(
            "() => [...document.querySelectorAll('.history button')].findIndex((each) => each.ariaCurrent === 'step')"
        )
        return names, present

    # Files

    def open(self, data, name, size=(304, 200)):
        """Choose a file; the photo is there when this returns."""
        kind = {"jpg": "image/jpeg", "png": "image/png", "tif": "image/tiff", "heic": "image/heic"}[name.split(".")[-1]]
        self.page.set_input_files("#file-input", {"name": name, "mimeType": kind, "buffer": data})
        self.wait_photo(size)
        return self

    def wait_photo(self, size=(304, 200)):
        """Until a photo of this size is shown."""
        self.photo = size
        self.wait(
            "(said) => !document.querySelector('body.empty') && document.querySelector('#size').textContent === said",
            f"{size[0]} × {size[1]}",
        )

    def downloaded(self, act):
        """What `act` has the browser download: name and bytes."""
        with self.page.expect_download() as waiting:
            act()
        got = waiting.value
        with open(got.path(), "rb") as file:  # noqa: PTH123
            return got.suggested_filename, file.read()

    def mask(self):
        """The mask as the editor exports it."""
        exported = self.downloaded(lambda: self.press_button("Export mask"))[1]
        self.page.locator("#pane").focus()  # where a person's next press lands; Enter would export once more
        return exported

    def import_mask(self, data, name="mask.png"):
        self.page.set_input_files("#mask-input", {"name": name, "mimeType": "image/png", "buffer": data})

    def ask_save(self):
        """Open the dialog that saves, and wait for what it says."""
        self.key(f"{MOD}+s")
        self.page.wait_for_selector("dialog.save .plan:not(.old) .bytes")

    def save(self):
        """Mod+S, then Enter: name and bytes of the file."""
        self.ask_save()
        return self.downloaded(lambda: self.key("Enter"))

    # Hands

    def key(self, *keys):
        for each in keys:
            self.page.keyboard.press(each)

    def unfold(self, selector):
        """Open the folded parts of the mode's panel around an element, as a click on their titles does."""
        while (folded := self.page.locator(f"details:not([open]):has({selector}) > summary:visible")).count():
            folded.first.click()
        return self.page.locator(f"{selector} >> visible=true").first

    def press_button(self, name):
        self.unfold(f"button:has-text('{name}')")
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def field(self, name):
        """A number field by its name."""
        self.unfold(f"input[type=number][aria-label='{name}']")
        return self.page.get_by_role("spinbutton", name=name, exact=True)

    def choose(self, value):
        """One of a few choices, by its value: a method, or how shapes are combined."""
        self.unfold(f"input[type=radio][value={value}]").check(force=True)

    def take(self, tool):
        self.key({"brush": "b", "eraser": "e", "rectangle": "m", "lasso": "l", "polygon": "g", "select": "w"}[tool])

    def brush(self, size):
        """Set the size by its number field."""
        field = self.field("Size")
        field.fill(str(size))
        field.press("Tab")

    def auto(self, on):
        """The switch "as soon as I let go"."""
        self.page.get_by_role("switch", name=re.compile("As soon as")).set_checked(on)

    def place(self, x, y):
        """Where on the screen a place of the photo is, while the whole photo is shown."""
        box = self.page.locator("#pane").bounding_box()
        width, height = self.photo
        scale = min((box["width"] - 2 * MARGIN) / width, (box["height"] - 2 * MARGIN) / height, 32)
        left = box["x"] + (box["width"] - width * scale) / 2
        top = box["y"] + (box["height"] - height * scale) / 2
        return left + x * scale, top + y * scale

    def stroke(self, *places, steps=4):
        """Press at the first place, draw through the others, let go at the last."""
        mouse = self.page.mouse
        mouse.move(*self.place(*places[0]))
        mouse.down()
        for each in places[1:]:
            mouse.move(*self.place(*each), steps=steps)
        mouse.up()

    def click(self, x, y, **more):
        self.page.mouse.click(*self.place(x, y), **more)

    def over_the_thing(self):
        """One stroke that covers the red disc, to and fro with the brush as it is."""
        rows = range(88, 116, 6)
        self.stroke(*((x, y) for i, y in enumerate(rows) for x in ((136, 165), (165, 136))[i % 2]), steps=2)

    def filled(self):
        """Wait until what was asked for is filled."""
        self.wait(IDLE)
        self.page.evaluate(DRAWN)
