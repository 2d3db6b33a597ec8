"""A stand-in for the server's `redraw` and `trace`, which sees the faces it is told of."""

import io
import json
import re
import threading

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from .painted import STREAM, fields_of

FACE = (112, 60, 80, 80)
"""Where a face is found: x, y, width, height."""

EYES = [[132, 85], [172, 85]]

BOX = (120, 100, 64, 30)
"""Where the stand-in redraws; each result in another colour."""

COLORS = [(20, 160, 60, 255), (30, 60, 200, 255), (230, 200, 30, 255)]


def _png(picture, **options):
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


def picture_of(data):
    """A PNG as RGBA, (H, W, 4)."""
    return np.asarray(Pillow.open(io.BytesIO(data)).convert("RGBA"))


class Redrawing:
    """Answers for the server wherever faces are concerned. `asked`: every order's fields, options read.

    Redrawings wait while `hold` is set, and are then at 40 %.
    """

    def __init__(self, page, *, size=(304, 200), faces=((FACE, EYES),)):
        self.size, self.faces = size, list(faces)
        self.asked, self.cancelled, self.looked, self.hold = [], [], 0, False
        self.notes = []
        self._lock = threading.Lock()
        page.evaluate(STREAM)
        page.route(re.compile(r"/api/photos/[\w-]+/faces$"), self._look)
        page.route(re.compile(r"/api/edits/(redraw|trace)$"), self._order)
        page.route(re.compile(r"/api/jobs/fake-\d+"), self._job)
        page.route(re.compile(r"/api/photos/fake-\d+(/patch)?$"), self._photo)

    @property
    def redrawings(self):
        return [each for each in self.asked if each["edit"] == "redraw"]

    def _look(self, route):
        self.looked += 1
        note = "" if self.faces else "No face was found."
        route.fulfill(json={"faces": [{"box": box, "eyes": eyes} for box, eyes in self.faces], "note": note})

    def _order(self, route):
        fields = fields_of(route.request)
        fields["edit"] = route.request.url.rsplit("/", 1)[1]
        fields["options"] = json.loads(fields["options"])
        self.asked.append(fields)
        route.fulfill(status=202, json=self._state(len(self.asked) - 1, "queued"))

    def _state(self, number, status):
        name = f"fake-{number}"
        edit = self.asked[number]["edit"]
        running = status == "running"
        return {
            "id": name,
            "edit": edit,
            "status": status,
            "position": 0,
            "fraction": 0.4 if running else 0,
            "message": "Redrawing" if running else "",
            "seconds_left": 9 if running else None,
            "error": None,
            "preview": None,
            "result": self._result(name, edit) if status == "done" else None,
        }

    def _result(self, name, edit):
        report = {"method": "scfegan", "weights": "scfegan-small", "frames": 1, "seconds": 0.8, "notes": self.notes}
        report["faces"] = [box for box, _ in self.faces]
        if edit == "trace":
            views = {"colors": f"/api/jobs/{name}/view?name=colors"}
            masks = [f"/api/jobs/{name}/file?mask=0"]
            return {"photo": None, "patch": None, "outside": 0, "report": report, "masks": masks, "views": views}
        x, y, width, height = BOX
        patch = {"x": x, "y": y, "width": width, "height": height, "url": f"/api/photos/{name}/patch"}
        return {"photo": {"id": name}, "patch": patch, "outside": 0, "report": report, "masks": [], "views": {}}

    def _job(self, route):
        request = route.request
        number = int(re.search(r"fake-(\d+)", request.url)[1])
        if request.method == "DELETE":
            self.cancelled.append(number)
            route.fulfill(json=self._state(number, "cancelled"))
        elif "/file" in request.url:
            lines = Pillow.new("L", self.size)
            drawn = ImageDraw.Draw(lines)
            drawn.line([(120, 115), (184, 115)], fill=255, width=2)
            drawn.arc([125, 75, 145, 95], 0, 360, fill=255, width=1)
            route.fulfill(body=_png(lines.convert("1")), content_type="image/png")
        elif "/view" in request.url:
            colors = Pillow.new("RGBA", self.size)
            ImageDraw.Draw(colors).rectangle([100, 50, 200, 150], fill=(200, 150, 120, 255))
            route.fulfill(body=_png(colors), content_type="image/png")
        else:
            held = self.hold and self.asked[number]["edit"] == "redraw"
            events = f"data: {json.dumps(self._state(number, 'running' if held else 'done'))}\n\n"
            route.fulfill(body=events, content_type="text/event-stream")

    def _photo(self, route):
        number = int(re.search(r"fake-(\d+)", route.request.url)[1])
        if route.request.url.endswith("/patch"):
            done = [i for i, each in enumerate(self.asked) if each["edit"] == "redraw"].index(number)
            body = _png(Pillow.new("RGBA", BOX[2:], COLORS[done % len(COLORS)]))
            route.fulfill(body=body, content_type="image/png")
        else:
            route.fulfill(json={"id": f"fake-{number}"})
