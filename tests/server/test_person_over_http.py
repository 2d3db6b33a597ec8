import json
import sys
from dataclasses import replace
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from serving import HOLE, SIZE, SOON, assert_refused, finished, jpeg, serving, upload

from retoucher import catalogue, persons
from retoucher.edit import Edit, Input, Report, Result
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.server import edit_routes, person_orders

CONSENT = {"consent": "true"}


class Learning:
    """Stands in for `create`: rejects what is no picture, keeps a record and a file, waits where it is told to."""

    def __init__(self):
        self.asked, self.begun, self.go, self.hold = [], Event(), Event(), False

    def __call__(self, name, photos, *, base, minutes, load, tell, resume):
        self.asked.append((name, photos, base, minutes, resume))
        used = tuple(label for label, data in photos if data[:2] == b"\xff\xd8")
        rejected = tuple(persons.Rejected(label, "It is no photo.") for label, _ in photos if label not in used)
        record = persons.Record(name, base, "0" * 64, "portraits", used, rejected, directions=("smile",), planned=100)
        persons.keep(record)
        with persons.in_use(name):
            self.begun.set()
            while self.hold and not self.go.is_set():
                tell(0.3, "learning")
                self.go.wait(0.01)
            tell(0.9, "learning")
        record = replace(record, steps=100, finished=True)
        persons.keep(record)
        return record


class Three(Edit):
    """Three answers for one hole."""

    name = "restore"
    inputs = (Input("image", "image", "the photo"), Input("mask", "mask", "the hole", required=False))

    def run(self, image, mask=None, *, load, tell):
        shades = [torch.full((3, *image.size), value / 255) for value in (10, 20, 30)]
        return Result(tuple(image.paste(each, mask.array) for each in shades), mask, Report("mystyle"))


class Dream(Edit):
    """Pictures out of nothing."""

    name = "imagine"
    inputs = ()
    count: int = 2

    def run(self, *, load, tell):
        shades = (np.full((8, 8, 3), 40 * (number + 1), np.uint8) for number in range(self.count))
        changed = Mask(np.ones((8, 8), bool))
        return Result(tuple(map(Image.from_array, shades)), changed, Report("mystyle", notes=("Made up.",)))


@pytest.fixture
def learning(monkeypatch, tmp_path):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    shipped = replace(catalogue.entry("scfegan-small"), name=person_orders.USUAL, method="stylegan2")
    others = tuple(each for each in catalogue.ENTRIES if each.name != person_orders.USUAL)
    monkeypatch.setattr(catalogue, "ENTRIES", (*others, shipped))
    made = Learning()
    monkeypatch.setitem(sys.modules, "retoucher.edits.personal.create", SimpleNamespace(create=made))
    return made


@pytest.fixture
def here(tmp_path, learning):
    app, asking = serving(tmp_path)
    yield app, asking
    learning.go.set()
    app.state.desk.close()


def files(*photos):
    return [("photos", each) for each in photos]


def make(asking, name="ann", photos=(("a.jpg", b"\xff\xd8 one"),), **more):
    return asking.post("/api/persons", data={"name": name, **CONSENT, **more}, files=files(*photos))


def test_a_person_is_made_told_of_and_deleted_with_all_its_files(here, learning, monkeypatch):
    app, asking = here
    forgotten = []
    monkeypatch.setattr(catalogue, "forget_persons", lambda: forgotten.append(True))
    photos = ("../../me/a.jpg", b"\xff\xd8 one"), ("C:\\pictures\\b.jpg", b"\xff\xd8 two"), ("c.txt", b"no picture")
    answer = make(asking, "ann", photos, minutes="1.5")
    assert answer.json()["edit"] == "person"
    job = finished(app, asking, answer)
    assert job["status"] == "done", job
    told = job["result"]["person"]
    assert told["used"] == ["a.jpg", "b.jpg"]
    assert told["rejected"] == [{"name": "c.txt", "reason": "It is no photo."}]
    assert learning.asked[0][:1] + learning.asked[0][2:] == ("ann", "portraits-128", 1.5, False)
    all_of_it = asking.get("/api/persons").json()
    assert [each["name"] for each in all_of_it["persons"]] == ["ann"]
    assert all_of_it["making"] is None
    assert all_of_it["consent"] == persons.CONSENT
    assert all_of_it["bases"][0]["name"] == "portraits-128"
    assert all_of_it["bases"][0]["present"]
    assert not all(each["present"] for each in all_of_it["bases"])
    assert asking.get("/api/persons/ann").json()["finished"]
    assert not forgotten
    assert asking.delete("/api/persons/ann").json() == {"deleted": ["persons/ann/person.json"]}
    assert forgotten
    assert asking.get("/api/persons").json()["persons"] == []
    assert_refused(asking.get("/api/persons/ann"), 404, "name", "no person")
    assert_refused(asking.delete("/api/persons/ann"), 404, "name", "no person")


def test_nothing_of_the_uploaded_photos_is_kept(here, tmp_path):
    app, asking = here
    photo = jpeg()
    finished(app, asking, make(asking, photos=(("a.jpg", photo),)))
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(photo[200:400] in path.read_bytes() for path in kept)


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"consent": "false"}, "consent", "needs consent=true"),
        ({"consent": "yes"}, "consent", "true or false"),
        ({"name": "../ann"}, "name", "letters, digits"),
        ({"base": "faces"}, "base", "portraits-128"),
        ({"base": "stylegan2-ffhq"}, "base", "weights add stylegan2-ffhq"),
        ({"minutes": "soon"}, "minutes", "a number between 0 and 1440"),
        ({"minutes": "nan"}, "minutes", "a number between"),
        ({"nmae": "ann"}, "nmae", "did you mean 'name'?"),
        ({"resume": "true", "name": "bob"}, "name", "no person called 'bob'"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name_before_any_work(more, field, words, here, learning):
    assert_refused(make(here[1], **more), 422, field, words)
    assert learning.asked == []


def test_without_photos_or_with_too_many_nothing_begins(here, learning):
    asking = here[1]
    empty = asking.post("/api/persons", files={"name": (None, "ann"), "consent": (None, "true")})
    assert_refused(empty, 422, "photos", "no 'photos'")
    assert_refused(make(asking, photos=[(f"{n}.jpg", b"x") for n in range(401)]), 422, "photos", "more than 400")
    assert_refused(make(asking, photos=[(f"{n}.jpg", b"x") for n in range(420)]), 400, None, "Too many files")
    assert learning.asked == []


def test_one_person_is_made_at_a_time_and_none_is_deleted_meanwhile(here, learning):
    app, asking = here
    learning.hold = True
    answer = make(asking)
    assert learning.begun.wait(SOON)
    making = asking.get("/api/persons").json()["making"]
    assert making == {"name": "ann", "job": answer.json()["id"]}
    assert_refused(make(asking, "bob"), 409, "name", "ann is being made")
    assert_refused(asking.delete("/api/persons/ann"), 409, "name", "being used just now")
    asking.delete(f"/api/jobs/{answer.json()['id']}")
    for _ in range(200):
        if not persons.busy("ann"):
            break
        Event().wait(0.01)
    assert asking.get("/api/persons").json()["making"] is None
    assert_refused(make(asking, "Ann"), 409, "name", "There is a person called ann")
    learning.hold = False
    job = finished(app, asking, asking.post("/api/persons", files={"name": (None, "ann"), "resume": (None, "true")}))
    assert job["result"]["person"]["finished"]
    assert learning.asked[1] == ("ann", (), "portraits-128", None, True)
    again = asking.post("/api/persons", files={"name": (None, "ann"), "resume": (None, "true")})
    assert_refused(again, 409, "name", "nothing to go on with")
    assert asking.delete("/api/persons/ann").status_code == 200


def test_a_person_whose_record_is_damaged_is_told_of_and_can_be_deleted(here):
    asking = here[1]
    place = persons.folder("ann")
    place.mkdir(parents=True)
    (place / persons.RECORD).write_text("{")
    (told,) = asking.get("/api/persons").json()["persons"]
    assert told["finished"] is False
    assert "damaged" in told["warnings"][0]
    assert asking.get("/api/persons/ann").json() == told
    assert asking.delete("/api/persons/ann").json()["deleted"] == ["persons/ann/person.json"]


def test_photos_of_a_person_may_be_more_than_one_photo_but_not_without_end(tmp_path, learning):
    app, asking = serving(tmp_path, max_bytes=1 << 20)
    try:
        assert asking.get("/api/persons").json()["limits"] == {"photos": 400, "bytes": 4 << 20}
        half = bytes(1 << 19)
        assert make(asking, photos=[(f"{n}.jpg", half) for n in range(7)]).status_code == 202
        assert_refused(make(asking, photos=[(f"{n}.jpg", half) for n in range(11)]), 413, "file", "5 MB")
    finally:
        app.state.desk.close()


def test_each_of_several_answers_is_a_version_of_the_photo(here, monkeypatch):
    monkeypatch.setattr(edit_routes, "EDITS", (Three,))
    app, asking = here
    photo = upload(asking, Image.from_array(np.full((*SIZE, 3), 200, np.uint8)).encode("PNG").data)
    answer = asking.post("/api/edits/restore", data={"photo": photo["id"]}, files={"mask": ("m", HOLE.encode())})
    result = finished(app, asking, answer)["result"]
    assert len(result["others"]) == 2
    for each, value in zip([result, *result["others"]], (10, 20, 30), strict=True):
        assert each["photo"]["parent"] == photo["id"]
        assert each["outside"] == 0
        assert [each["patch"][side] for side in ("x", "y", "width", "height")] == list(HOLE.box)
        shown = Image.open(asking.get(f"/api/photos/{each['photo']['id']}/file").content)
        assert set(np.unique(shown.samples[HOLE.array])) == {value}
        assert asking.get(each["patch"]["url"]).headers["x-retoucher-box"] == ",".join(map(str, HOLE.box))


def test_pictures_made_of_nothing_become_photos_of_their_own(here, monkeypatch):
    monkeypatch.setattr(edit_routes, "EDITS", (Dream,))
    app, asking = here
    answer = asking.post("/api/edits/imagine", files={"options": (None, json.dumps({"count": 3}))})
    result = finished(app, asking, answer)["result"]
    made = [result, *result["others"]]
    assert [each["patch"] for each in made] == [None] * 3
    assert result["report"]["notes"] == ["Made up."]
    for each, value in zip(made, (40, 80, 120), strict=True):
        assert each["photo"]["parent"] is None
        assert (each["photo"]["width"], each["photo"]["height"]) == (8, 8)
        opened = Image.open(asking.get(f"/api/photos/{each['photo']['id']}/file").content)
        assert set(np.unique(opened.samples)) == {value}
    assert_refused(
        asking.post("/api/edits/imagine", data={"photo": "x"}, files={"options": (None, "{}")}), 422, "photo"
    )
