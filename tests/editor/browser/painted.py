"""Objects to paint in, and a stand-in for the server's `harmonize`, which answers at once or when it is told to."""

import io
import json
import re
import threading

import numpy as np
from PIL import Image as Pillow

from .photos import encoded

GREEN = (20, 160, 60, 255)
"""What the stand-in paints: a box of this colour."""

BOX = (100, 60, 80, 60)
"""Where it paints: x, y, width, height on the photo."""


def disc(side=80, alpha=True):
    """A blue disc; without alpha it lies on white."""
    y, x = np.mgrid[0:side, 0:side] + 0.5
    inside = np.hypot(x - side / 2, y - side / 2) < side * 0.45
    pixels = np.where(inside[..., None], (40, 70, 220), (255, 255, 255)).astype(np.uint8)
    if alpha:
        pixels = np.dstack([pixels, np.where(inside, 255, 0).astype(np.uint8)])
    return encoded(Pillow.fromarray(pixels), "PNG")


def half(width=90, height=60):
    """A picture without transparency whose left third is red and whose rest is yellow."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:] = (240, 220, 40)
    pixels[:, : width // 3] = (220, 30, 30)
    return encoded(Pillow.fromarray(pixels), "PNG")


def _png(size, color):
    file = io.BytesIO()
    Pillow.new("RGBA", size, color).save(file, "PNG")
    return file.getvalue()


def fields_of(request):
    """The fields of a multipart body: text as it is, files as bytes."""
    boundary = re.search("boundary=(.+)$", request.headers["content-type"])[1].encode()
    fields = {}
    for part in (request.post_data_buffer or b"").split(b"--" + boundary)[1:-1]:
        head, _, body = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="(\w+)"', head)[1].decode()
        fields[name] = body if b"filename" in head else body.decode()
    return fields


STREAM = """() => {
  const real = window.fetch;
  window.fetch = async (address, options = {}) => {
    if (!/\\/api\\/jobs\\/fake-\\d+$/.test(address) || options.method !== "GET") return real(address, options);
    const body = new ReadableStream({
      async start(stream) {
        for (let text = ""; ; await new Promise((next) => setTimeout(next, 50))) {
          text = await (await real(address, options)).text();
          stream.enqueue(new TextEncoder().encode(text));
          if (!text.includes('"running"')) return stream.close();
        }
      },
    });
    return new Response(body);
  };
}"""
"""A job's events go on until it is over: an answer that Playwright gives for the server cannot."""


class Harmonizing:
    """Answers for the server wherever `harmonize` is concerned. `asked`: every order's fields, options read.

    Finals wait while `hold` is set, and are then at 40 % with a preview. `lost`: versions that are gone.
    """

    def __init__(self, page, *, hold=False):
        self.asked, self.cancelled, self.hold = [], [], hold
        self.lost = set()
        self._lock = threading.Lock()
        page.evaluate(STREAM)
        page.route("**/api/edits/harmonize", self._order)
        page.route(re.compile(r"/api/jobs/fake-\d+"), self._job)
        page.route(re.compile(r"/api/photos/fake-\d+"), self._photo)

    @property
    def previews(self):
        return [each for each in self.asked if each["options"].get("size") == 320]

    @property
    def finals(self):
        return [each for each in self.asked if each["options"].get("size") != 320]

    def _order(self, route):
        fields = fields_of(route.request)
        fields["options"] = json.loads(fields["options"])
        self.asked.append(fields)
        route.fulfill(status=202, json=self._state(len(self.asked) - 1, "queued"))

    def _state(self, number, status):
        name = f"fake-{number}"
        x, y, width, height = BOX
        report = {"method": "harmonization", "weights": "features-small", "frames": 1, "seconds": 2.5, "notes": []}
        result = {
            "photo": {"id": name},
            "patch": {"x": x, "y": y, "width": width, "height": height, "url": f"/api/photos/{name}/patch"},
            "outside": 0,
            "report": {**report, "notes": ["Strength 0.52 was measured from the painting."]},
            "masks": [],
            "views": {"correspondence": f"/api/jobs/{name}/view?name=correspondence"},
        }
        running = status == "running"
        return {
            "id": name,
            "edit": "harmonize",
            "status": status,
            "position": 0,
            "fraction": 0.4 if running else 0,
            "message": "Second pass" if running else "",
            "seconds_left": 9 if running else None,
            "error": None,
            "preview": f"/api/jobs/{name}/preview?n=1" if running else None,
            "result": result if status == "done" else None,
        }

    def _job(self, route):
        request = route.request
        number = int(re.search(r"fake-(\d+)", request.url)[1])
        box = {"X-Retoucher-Box": ",".join(map(str, BOX))}
        if request.method == "DELETE":
            self.cancelled.append(number)
            route.fulfill(json=self._state(number, "cancelled"))
        elif "/preview" in request.url:
            route.fulfill(body=_png((20, 15), (200, 120, 20, 255)), content_type="image/png", headers=box)
        elif "/view" in request.url:
            route.fulfill(body=_png((76, 50), (120, 20, 160, 255)), content_type="image/png")
        else:
            is_final = self.asked[number]["options"].get("size") != 320
            status = "running" if self.hold and is_final else "done"
            events = f"data: {json.dumps(self._state(number, status))}\n\n"
            route.fulfill(body=events, content_type="text/event-stream")

    def _photo(self, route):
        if re.search(r"fake-\d+", route.request.url)[0] in self.lost:
            route.fulfill(status=404, json={"detail": "There is no such photo here (any more).", "field": "photo"})
        elif route.request.url.endswith("/patch"):
            route.fulfill(body=_png(BOX[2:], GREEN), content_type="image/png")
        else:
            name = re.search(r"fake-\d+", route.request.url)[0]
            route.fulfill(json={"id": name})
