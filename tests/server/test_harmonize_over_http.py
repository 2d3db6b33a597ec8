import json
from threading import Event

import numpy as np
import pytest
from serving import SOON, Client, assert_refused, finished, serving, upload
from test_hostile_requests import animation, huge_png

import retoucher
from painters import Harmonization, disc, file, painting, spot
from retoucher import catalogue
from retoucher.cli import main
from retoucher.image import Image

FINE = {"object": ("o", file(disc()))}


@pytest.fixture
def here(tmp_path):
    app, asking = serving(tmp_path, Harmonization())
    yield app, asking
    app.state.desk.close()


class Held(Harmonization):
    """Shows a picture and waits to be let go."""

    def __init__(self):
        super().__init__()
        self.begun, self.go = Event(), Event()

    def forward(self, painting, composite, mask, *, tell, **more):
        tell(0.1, "repainting", composite)
        tell(0.2, "repainting", composite)
        self.begun.set()
        assert self.go.wait(SOON)
        return super().forward(painting, composite, mask, tell=tell, **more)


Held.__name__ = "Harmonization"


@pytest.fixture
def held(tmp_path):
    model = Held()
    app, asking = serving(tmp_path, model)
    yield app, asking, model
    model.go.set()
    assert app.state.desk.close(SOON)


def harmonize(asking, data=None, files=None, **options):
    form = {**(data or {}), "options": json.dumps(options)}
    return asking.post("/api/edits/harmonize", data=form, files=files if files is not None else FINE)


def images(app):
    return len([each for each in app.state.desk.store._folder.iterdir() if each.is_dir()])


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_http_python_and_the_command_line_give_the_same_bytes(suffix, here, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "load", lambda name="auto", device=None: Harmonization())
    app, asking = here
    data = file(painting(), {"png": "PNG", "jpg": "JPEG", "tif": "TIFF"}[suffix])
    (tmp_path / f"painting.{suffix}").write_bytes(data)
    (tmp_path / "disc.png").write_bytes(file(disc()))
    answer = harmonize(asking, {"photo": upload(asking, data)["id"]}, x=20, y=22.5, scale=0.8, rotate=12, strength=0.6)
    result = finished(app, asking, answer)["result"]
    over_http = asking.get(f"/api/photos/{result['photo']['id']}/file").content
    options = {"x": 20, "y": 22.5, "scale": 0.8, "rotate": 12, "strength": 0.6}
    in_python = retoucher.harmonize(data, object=file(disc()), **options).image.encode().data
    words = ["harmonize", str(tmp_path / f"painting.{suffix}"), "--object", str(tmp_path / "disc.png")]
    words += ["--at", "20,22.5", "--scale", "0.8", "--rotate", "12", "--strength", "0.6", "--quiet"]
    assert main([*words, "-o", str(tmp_path / f"out.{suffix}")]) == 0
    assert over_http == in_python == (tmp_path / f"out.{suffix}").read_bytes()
    assert over_http != data


def test_a_job_has_a_version_a_patch_and_a_map(here):
    app, asking = here
    photo = upload(asking, file(painting()))
    job = finished(app, asking, harmonize(asking, {"photo": photo["id"]}))
    assert (job["edit"], job["status"], job["preview"]) == ("harmonize", "done", None)
    result = job["result"]
    assert result["photo"]["parent"] == photo["id"]
    assert result["photo"]["mark"] == "compositeWithTrainedAlgorithmicMedia"
    assert result["outside"] == 0
    assert result["patch"]["width"] < 40
    assert result["report"]["method"] == "harmonization"
    assert result["views"] == {"correspondence": f"/api/jobs/{job['id']}/view?name=correspondence"}
    view = asking.get(result["views"]["correspondence"])
    assert view.headers["content-type"] == "image/png"
    assert Image.open(view.content).size == (48, 64)
    assert_refused(asking.get(f"/api/jobs/{job['id']}/view?name=corespondence"), 404, "name", "did you mean")
    assert_refused(asking.get(f"/api/jobs/{job['id']}/view"), 422, "name", "missing")
    again = finished(app, asking, harmonize(asking, {"photo": photo["id"]}, passes=1))
    assert again["result"]["views"] == {}


def test_an_object_may_be_a_file_or_the_id_of_one_sent_before(here):
    app, asking = here
    photo, thing = (upload(asking, file(each))["id"] for each in (painting(), disc()))
    answers = [
        harmonize(asking, {"photo": photo}),
        harmonize(
            asking,
            {"photo": photo, "object": thing},
            files={"mask": ("m", file(Image.from_array(np.full((24, 30), 255, np.uint8))))},
        ),
    ]
    versions = [finished(app, asking, answer)["result"]["photo"]["id"] for answer in answers]
    one, two = (asking.get(f"/api/photos/{each}/file").content for each in versions)
    assert one == two


def test_a_composite_with_its_mask_over_http(here):
    app, asking = here
    files = {
        "painting": ("p", file(painting())),
        "composite": ("c", file(painting(seed=5))),
        "mask": ("m", spot().encode()),
    }
    job = finished(app, asking, harmonize(asking, files=files))
    made = retoucher.Harmonize().run(painting(), None, painting(seed=5), spot(), load=lambda name: Harmonization())
    assert asking.get(f"/api/jobs/{job['id']}/file").content == file(made.image)


def test_what_came_with_a_form_is_forgotten_after_the_work_and_what_was_sent_before_is_not(held):
    app, asking, model = held
    photo, thing = (upload(asking, file(each))["id"] for each in (painting(), disc()))
    running = harmonize(asking, {"photo": photo})
    assert model.begun.wait(SOON)
    waiting = harmonize(asking, {"photo": photo})
    assert images(app) == 4
    asking.delete(waiting.headers["location"])
    assert images(app) == 3
    model.go.set()
    assert finished(app, asking, running)["status"] == "done"
    sent = harmonize(asking, {"photo": photo, "object": thing}, files={"mask": ("m", b"no picture")})
    assert_refused(sent, 422, "mask")
    assert_refused(harmonize(asking, {"photo": photo}, x=-1000), 422, "x", "outside of the painting")
    app.state.desk.worker.wait(app.state.desk.worker.submit("nothing", lambda tell: None).id, SOON)
    assert images(app) == 2
    assert asking.get(f"/api/photos/{thing}").status_code == 200


def test_a_running_job_shows_how_it_looks(held):
    app, asking, model = held
    photo = upload(asking, file(painting()))["id"]
    answer = harmonize(asking, {"photo": photo}, x=20, y=20)
    assert model.begun.wait(SOON)
    job = asking.get(answer.headers["location"]).json()
    assert job["preview"] == f"/api/jobs/{job['id']}/preview?n=2"
    shown = asking.get(job["preview"])
    assert shown.headers["content-type"] == "image/png"
    x, y, width, height = map(int, shown.headers["x-retoucher-box"].split(","))
    picture = Image.open(shown.content)
    assert picture.has_alpha
    assert picture.size == (height, width)
    assert (x, y) == (0, 0)
    assert 35 <= x + width <= 60
    model.go.set()
    assert finished(app, asking, answer)["preview"] is None
    assert_refused(asking.get(job["preview"]), 404, "job", "no preview")


def test_a_draft_is_a_version_for_a_while(here):
    app, asking = here[:2]
    photo = upload(asking, file(painting()))["id"]
    answers = [harmonize(asking, {"photo": photo, "draft": "true"}, x=20 + step, y=20) for step in range(10)]
    made = [finished(app, asking, answer)["result"]["photo"]["id"] for answer in answers]
    assert [asking.get(f"/api/photos/{name}").status_code for name in made] == [404] * 2 + [200] * 8
    assert_refused(harmonize(asking, {"photo": photo, "draft": "yes"}, x=20, y=20), 422, "draft", "true or false")


def test_a_cancelled_job_leaves_nothing(held, tmp_path):
    app, asking, model = held
    photo = upload(asking, file(painting()))["id"]
    answer = harmonize(asking, {"photo": photo})
    assert model.begun.wait(SOON)
    job = asking.delete(answer.headers["location"]).json()
    assert (job["status"], job["preview"], job["result"]) == ("cancelled", None, None)
    model.go.set()
    app.state.desk.worker.wait(app.state.desk.worker.submit("nothing", lambda tell: None).id, SOON)
    assert_refused(asking.get(f"/api/jobs/{job['id']}/view?name=correspondence"), 409, "job", "cancelled")
    assert list(tmp_path.rglob("*.patch")) == []
    assert images(app) == 1


@pytest.mark.parametrize("name", ["object", "composite"])
def test_every_further_picture_meets_the_caps_of_the_first(name, tmp_path):
    app, asking = serving(tmp_path, Harmonization(), max_pixels=5000, max_bytes=40_000)
    try:
        data = {"photo": upload(asking, file(painting()))["id"]}
        for content, words in (
            (huge_png(), "60,000 x 60,000"),
            (animation(), "3 pictures"),
            (b"<html>", ""),
            (b"", ""),
            (file(painting((80, 80))), "more than"),
        ):
            assert_refused(harmonize(asking, data, {name: ("x", content)}), 422, name, words)
        large = file(Image.from_array(np.random.default_rng(0).integers(0, 256, (60, 80, 4), dtype=np.uint8)))
        assert len(large) < 40_000
        big = large + bytes(40_000)
        assert_refused(harmonize(asking, data, {name: ("x", big)}), 413, name)
        mask = file(Image.from_array(np.zeros((80, 80), np.uint8)))
        assert_refused(harmonize(asking, data, {**FINE, "mask": ("m", mask)}), 422, "mask", "more than")
        assert images(app) == 1
    finally:
        app.state.desk.close()


def test_what_does_not_go_together_is_refused_at_once_by_its_name(here):
    app, asking = here
    data = {"photo": upload(asking, file(painting()))["id"]}
    solid, mask = ("o", file(disc(channels=3))), ("m", spot().encode())
    for files, field, words in (
        ({"mask": mask}, "object", "Give what is to be painted in"),
        ({**FINE, "composite": solid, "mask": mask}, "object", "not both"),
        ({"object": solid}, "object", "no transparent background"),
        ({**FINE, "mask": mask}, "mask", "the object is 30×24"),
        ({"composite": ("c", file(painting()))}, "mask", "needs the mask"),
        ({"composite": solid, "mask": mask}, "composite", "30×24 pixels but the painting is 64×48"),
    ):
        assert_refused(harmonize(asking, data, files), 422, field, words)
    for options, field, words in (
        ({"x": 100}, "x", "outside"),
        ({"scale": 5}, "scale", "scale it"),
        ({"scale": 0}, "scale", "greater than 0"),
        ({"strength": 2}, "strength", "'auto' or a number from 0 to 1"),
        ({"like": "1,2,3"}, "like", "X,Y,WIDTH,HEIGHT"),
        ({"like": "0,0,900,10"}, "like", "does not lie on the painting"),
        ({"passes": 3}, "passes", "less than or equal to 2"),
        ({"rotaet": 3}, "rotaet", "did you mean 'rotate'?"),
    ):
        assert_refused(harmonize(asking, data, **options), 422, field, words)
    assert_refused(harmonize(asking, {**data, "object": "0" * 32}, {"mask": mask}), 404, "object")
    assert_refused(harmonize(asking, {**data, "object": "../../x"}, {"mask": mask}), 404, "object")
    assert_refused(harmonize(asking, {**data, "object": "0" * 32}), 422, "object", "twice")
    assert_refused(harmonize(asking), 422, "photo", "missing")
    both = {**FINE, "painting": ("p", file(painting()))}
    assert_refused(harmonize(asking, data, both), 422, "photo", "not both")
    assert_refused(
        asking.post("/api/edits/inpaint", data={**data, "object": "x"}, files={"mask": mask}), 422, "object", "unknown"
    )
    assert images(app) == 1


def test_views_need_the_token_where_everything_does(tmp_path):
    app, asking = serving(tmp_path, Harmonization(), share=True)
    try:
        job = finished(app, asking, harmonize(asking, {"photo": upload(asking, file(painting()))["id"]}))
        stranger = Client(app, {})
        for path in (job["result"]["views"]["correspondence"], f"/api/jobs/{job['id']}/preview"):
            assert_refused(stranger.get(path), 401)
    finally:
        app.state.desk.close()


def test_a_quick_preview_is_not_expected_to_take_as_long_as_the_final(here):
    app, asking = here
    times = app.state.desk.worker._times
    photo = upload(asking, file(painting()))["id"]
    for size in (256, 700):
        finished(app, asking, harmonize(asking, {"photo": photo}, size=size))
    quick, final = (("harmonize", *retoucher.Harmonize(size=size).pace) for size in (256, 700))
    times.note(final, 60.0)
    assert times.usual(quick, 99) < 5 < times.usual(final, 99)
