"""A stand-in for the server wherever persons are concerned: who there is, making one, and edits with one."""

import io
import json
import re
import threading

from PIL import Image as Pillow

from .drawn import EYES, FACE
from .painted import STREAM

BOX = (120, 100, 64, 30)
"""Where the stand-in restores; each answer in another colour."""

COLORS = [(20, 160, 60, 255), (30, 60, 200, 255), (230, 200, 30, 255), (200, 40, 160, 255)]
BASES = [
    {"name": "portraits-128", "title": "Faces at 128 pixels", "licence": "CC0-1.0", "present": True},
    {"name": "stylegan2-ffhq", "title": "Faces at 1024 pixels", "licence": "non-commercial", "present": False},
]


def person(name="ann", **more):
    """A person's record."""
    return {
        "name": name,
        "base": "portraits-128",
        "base_sha256": "0" * 64,
        "template": "portraits",
        "used": [f"{number}.jpg" for number in range(24)],
        "rejected": [{"name": "tree.jpg", "reason": "no face was found in it"}],
        "coverage": ["turn: wide, 2.4 times what faces usually vary."],
        "warnings": ["Only 24 photos can be used."],
        "beta": 0.08,
        "directions": ["smile", "turn", "variation-1"],
        "steps": 100,
        "planned": 100,
        "finished": True,
        "size": 2_400_000,
        **more,
    }


def _png(size, color, mode="RGBA"):
    file = io.BytesIO()
    Pillow.new(mode, size, color[: len(mode)]).save(file, "PNG")
    return file.getvalue()


def parts_of(request):
    """The fields of a multipart body in their order: name, the name of its file or "", what it holds."""
    boundary = re.search("boundary=(.+)$", request.headers["content-type"])[1].encode()
    found = []
    for part in (request.post_data_buffer or b"").split(b"--" + boundary)[1:-1]:
        head, _, body = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb' name="([\w-]+)"', head)[1].decode()
        file = re.search(rb'filename="([^"]*)"', head)
        found.append((name, file[1].decode() if file else "", body))
    return found


class Personal:
    """`asked`: every order's edit and fields, options read; `made`: every person asked for, its fields and photos.

    Work waits while `hold` is set, and is then at 40 %. `refuse`: what making a person is refused with.
    """

    def __init__(self, page, *persons, size=(304, 200), faces=((FACE, EYES),)):
        self.persons, self.size, self.faces = list(persons), size, list(faces)
        self.asked, self.made, self.deleted, self.cancelled, self.forgotten = [], [], [], [], []
        self.hold, self.refuse, self.notes = False, None, ["Nearest to these photos: 3.jpg, 8.jpg."]
        self._jobs = []  # what each was asked for
        self._lock = threading.Lock()
        page.add_init_script(f"({STREAM})()")
        page.evaluate(STREAM)
        page.route(re.compile(r"/api/persons(/\w+)?$"), self._people)
        page.route(re.compile(r"/api/photos/[\w-]+/faces$"), self._look)
        page.route(re.compile(r"/api/edits/(restore|adjust|imagine)$"), self._order)
        page.route(re.compile(r"/api/jobs/fake-\d+"), self._job)
        page.route(re.compile(r"/api/photos/fake-\d+-\d(/(patch|view|file))?(\?.*)?$"), self._photo)

    @property
    def making(self):
        """The person that is being made, if one is."""
        number = next((i for i, each in enumerate(self._jobs) if "photos" in each and self._is_open(i)), None)
        return None if number is None else {"name": self._jobs[number]["name"], "job": f"fake-{number}"}

    def _is_open(self, number):
        return self.hold and number not in self.cancelled

    def _people(self, route):
        request = route.request
        if request.method == "DELETE":
            name = request.url.rsplit("/", 1)[1]
            self.deleted.append(name)
            self.persons = [each for each in self.persons if each["name"] != name]
            route.fulfill(json={"deleted": [f"persons/{name}/person.json", f"persons/{name}/person.safetensors"]})
        elif request.method == "POST":
            self._make(route)
        else:
            limits = {"photos": 400, "bytes": 800 << 20}
            told = {"persons": self.persons, "bases": BASES, "consent": "", "making": self.making, "limits": limits}
            route.fulfill(json=told)

    def _make(self, route):
        parts = parts_of(route.request)
        fields = {name: body.decode() for name, file, body in parts if not file}
        fields["photos"] = [file for _, file, _ in parts if file]
        self.made.append(fields)
        if self.refuse:
            route.fulfill(status=422, json={"detail": self.refuse, "field": "photos"})
        else:
            self._jobs.append(fields)
            route.fulfill(status=202, json=self._state(len(self._jobs) - 1, "queued"))

    def _look(self, route):
        note = "" if self.faces else "No face was found."
        route.fulfill(json={"faces": [{"box": box, "eyes": eyes} for box, eyes in self.faces], "note": note})

    def _order(self, route):
        fields = {name: body for name, _, body in parts_of(route.request)}
        fields |= {name: fields[name].decode() for name in ("photo", "options") if name in fields}
        fields["edit"] = route.request.url.rsplit("/", 1)[1]
        fields["options"] = json.loads(fields["options"])
        self.asked.append(fields)
        self._jobs.append(fields)
        route.fulfill(status=202, json=self._state(len(self._jobs) - 1, "queued"))

    def _state(self, number, status):
        running = status == "running"
        return {
            "id": f"fake-{number}",
            "edit": self._jobs[number].get("edit", "person"),
            "status": status,
            "position": 0,
            "fraction": 0.4 if running else 0,
            "message": "learning the face" if running else "",
            "seconds_left": 130 if running else None,
            "error": None,
            "preview": None,
            "result": self._result(number) if status == "done" else None,
        }

    def _result(self, number):
        job = self._jobs[number]
        if "photos" in job:
            self.persons = [each for each in self.persons if each["name"] != job["name"]] + [person(job["name"])]
            return {"person": self.persons[-1]}
        first, *others = [self._version(number, i) for i in range(job["options"].get("count", 1))]
        report = {"method": "mystyle", "weights": "person:ann", "frames": 1, "seconds": 0.8, "notes": self.notes}
        return {**first, "others": others, "report": report, "masks": [], "views": {}}

    def _facts(self, number, answer):
        options = self._jobs[number]["options"]
        scale = options.get("scale", 1)
        width, height = (64, 64) if self._jobs[number]["edit"] == "imagine" else self.size
        return {"id": f"fake-{number}-{answer}", "width": width * scale, "height": height * scale, "notes": []}

    def _version(self, number, answer):
        job, facts = self._jobs[number], self._facts(number, answer)
        if job["edit"] == "imagine":
            return {"photo": facts, "patch": None, "outside": None}
        whole = job["options"].get("scale", 1) > 1
        x, y, width, height = (0, 0, facts["width"], facts["height"]) if whole else BOX
        patch = {"x": x, "y": y, "width": width, "height": height, "url": f"/api/photos/{facts['id']}/patch"}
        return {"photo": facts, "patch": patch, "outside": None if whole else 0}

    def _job(self, route):
        number = int(re.search(r"fake-(\d+)", route.request.url)[1])
        if route.request.method == "DELETE":
            self.cancelled.append(number)
            route.fulfill(json=self._state(number, "cancelled"))
            return
        status = "cancelled" if number in self.cancelled else "running" if self.hold else "done"
        events = f"data: {json.dumps(self._state(number, status))}\n\n"
        route.fulfill(body=events, content_type="text/event-stream")

    def _photo(self, route):
        number, answer = map(int, re.search(r"fake-(\d+)-(\d)", route.request.url).groups())
        facts = self._facts(number, answer)
        color = COLORS[(number + answer) % len(COLORS)]
        if route.request.method == "DELETE":
            self.forgotten.append(facts["id"])
            route.fulfill(status=204)
        elif "/patch" in route.request.url:
            route.fulfill(body=_png(BOX[2:], color), content_type="image/png")
        elif "/view" in route.request.url or "/file" in route.request.url:
            picture = _png((facts["width"], facts["height"]), color, "RGB")
            route.fulfill(body=picture, content_type="image/png")
        else:
            route.fulfill(json=facts)
