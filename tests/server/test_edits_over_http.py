import io
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from serving import (
    HOLE,
    OTHER,
    SIZE,
    SOON,
    Held,
    assert_refused,
    edited,
    file_of,
    finished,
    jpeg,
    serving,
    submit,
    upload,
)

import retoucher
from fakes import Nosy
from retoucher import catalogue
from retoucher.cli import main
from retoucher.edit import schema
from retoucher.edits import EDITS
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.server.recent import Recent


@pytest.fixture
def held(tmp_path):
    model = Held()
    app, asking = serving(tmp_path, model, queue=2)
    yield app, asking, model
    model.go.set()
    assert app.state.desk.close(SOON)


KINDS = {
    "jpg": jpeg,
    "png": lambda: file_of("PNG", kind=np.uint16),
    "webp": lambda: file_of("WEBP", 4),
    "tif": lambda: file_of("TIFF", 1),
}


@pytest.mark.parametrize("suffix", KINDS)
def test_http_python_and_the_command_line_give_the_same_bytes(suffix, here, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "load", lambda name="auto", device=None: Nosy())
    app, asking = here
    data = KINDS[suffix]()
    (tmp_path / f"photo.{suffix}").write_bytes(data)
    (tmp_path / "mask.png").write_bytes(HOLE.encode())
    result = edited(app, asking, upload(asking, data)["id"], grow=3)
    over_http = asking.get(f"/api/photos/{result['photo']['id']}/file").content
    in_python = retoucher.inpaint(data, HOLE.encode(), grow=3).image.encode().data
    words = ["inpaint", tmp_path / f"photo.{suffix}", "--mask", tmp_path / "mask.png", "--grow", 3]
    assert main([*map(str, words), "-o", str(tmp_path / f"out.{suffix}"), "--quiet"]) == 0
    assert over_http == in_python == (tmp_path / f"out.{suffix}").read_bytes()
    assert over_http != data


def test_two_edits_one_after_the_other_are_the_same_as_in_python(here):
    app, asking = here
    data = jpeg()
    one = edited(app, asking, upload(asking, data)["id"], HOLE)["photo"]
    two = edited(app, asking, one["id"], OTHER)["photo"]
    assert (two["parent"], two["base"]) == (one["id"], one["parent"])
    image = Image.open(data)
    for mask in (HOLE, OTHER):
        image = retoucher.Inpaint().run(image, mask, load=lambda name: Nosy()).image
    assert asking.get(f"/api/photos/{two['id']}/file").content == image.encode().data


def test_the_edits_are_described_by_their_own_schema(here):
    assert here[1].get("/api/edits").json() == json.loads(json.dumps([schema(edit) for edit in EDITS]))


def test_a_job_tells_what_came_out(here):
    app, asking = here
    photo = upload(asking, file_of("PNG"))
    job = finished(app, asking, submit(asking, photo["id"], grow=0))
    assert (job["edit"], job["status"], job["fraction"], job["error"]) == ("inpaint", "done", 1.0, None)
    assert (job["position"], job["seconds_left"]) == (0, None)
    result = job["result"]
    x, y, width, height = HOLE.box
    assert result["patch"]["url"] == f"/api/photos/{result['photo']['id']}/patch"
    assert {side: result["patch"][side] for side in ("x", "y")} == {"x": x, "y": y}
    assert (result["patch"]["width"], result["patch"]["height"]) == (width, height)
    assert result["outside"] == 0
    assert result["report"]["method"] == "nosy"
    assert result["masks"] == []
    assert result["photo"]["changed"]
    assert result["photo"]["mark"] == "compositeWithTrainedAlgorithmicMedia"
    file = asking.get(f"/api/jobs/{job['id']}/file")
    assert file.content == asking.get(f"/api/photos/{result['photo']['id']}/file").content


def test_pixels_outside_the_mask_are_counted_and_not_assumed(tmp_path, monkeypatch):
    app, asking = serving(tmp_path)
    run = retoucher.Inpaint.run

    def careless(self, image, mask, *, load, tell):
        result = run(self, image, mask, load=load, tell=tell)
        wide = Mask.from_boxes(SIZE, [(0, 0, 3, 2)])
        other = run(self, result.image, wide, load=load, tell=tell).image
        return retoucher.Result((other,), result.changed, result.report)

    monkeypatch.setattr(retoucher.Inpaint, "run", careless)
    try:
        assert edited(app, asking, upload(asking, file_of("PNG"))["id"], grow=0)["outside"] == 6
    finally:
        app.state.desk.close()


def test_two_tabs_on_the_same_photo_do_not_disturb_each_other(here):
    app, asking = here
    photo = upload(asking, file_of("PNG"))["id"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda place: submit(asking, photo, [HOLE, OTHER][place % 2], grow=0), range(8)))
    results = [finished(app, asking, answer)["result"] for answer in answers]
    assert len({result["photo"]["id"] for result in results}) == 8
    for place, result in enumerate(results):
        assert result["photo"]["parent"] == photo
        patch = tuple(result["patch"][side] for side in ("x", "y", "width", "height"))
        assert patch == [HOLE, OTHER][place % 2].box


def test_an_empty_mask_makes_no_version_and_its_file_is_the_photo(here):
    app, asking = here
    data = jpeg()
    job = finished(app, asking, submit(asking, upload(asking, data)["id"], Mask.none(SIZE)))
    assert (job["result"]["photo"], job["result"]["patch"], job["result"]["outside"]) == (None, None, 0)
    assert "mask is empty" in job["result"]["report"]["notes"][0]
    assert asking.get(f"/api/jobs/{job['id']}/file").content == data


def test_a_photo_may_come_with_the_edit_itself(here):
    app, asking = here
    data = jpeg()
    files = {"image": ("p", data), "mask": ("m", HOLE.encode())}
    job = finished(app, asking, asking.post("/api/edits/inpaint", files=files))
    base = job["result"]["photo"]["base"]
    assert asking.get(f"/api/photos/{base}/file").content == data


def test_events_follow_a_job_until_it_is_over(held):
    _, asking, model = held
    answer = submit(asking, upload(asking, file_of("PNG"))["id"])
    assert model.begun.wait(SOON)
    model.go.set()
    events = asking.get(answer.headers["location"], headers={"accept": "text/event-stream"})
    assert events.headers["content-type"].startswith("text/event-stream")
    jobs = [json.loads(line.removeprefix("data: ")) for line in events.text.split("\n\n") if line]
    assert jobs[-1]["status"] == "done"
    assert jobs[-1]["result"]["photo"]["changed"]
    assert [job["fraction"] for job in jobs] == sorted(job["fraction"] for job in jobs)


def test_a_full_queue_says_when_to_come_back(held):
    _, asking, model = held
    name = upload(asking, file_of("PNG"))["id"]
    first = submit(asking, name)
    assert model.begun.wait(SOON)
    waiting = [submit(asking, name) for _ in range(2)]
    assert [each.json()["position"] for each in waiting] == [1, 2]
    assert first.status_code == 202
    full = submit(asking, name)
    assert_refused(full, 429, None, "try again in")
    assert 1 <= int(full.headers["retry-after"]) <= 60


def test_a_cancelled_job_leaves_the_photo_as_it_was(held, tmp_path):
    app, asking, model = held
    photo = upload(asking, file_of("PNG"))
    running = submit(asking, photo["id"]).json()
    assert model.begun.wait(SOON)
    waiting = submit(asking, photo["id"]).json()
    for job in (running, waiting):
        answer = asking.delete(f"/api/jobs/{job['id']}").json()
        assert (answer["status"], answer["result"]) == ("cancelled", None)
        assert_refused(asking.get(f"/api/jobs/{job['id']}/file"), 409, "job", "cancelled")
    model.go.set()
    app.state.desk.worker.wait(submit(asking, photo["id"]).json()["id"], SOON)
    assert len(list(tmp_path.rglob("*.patch"))) == 1  # that of the third job only


def test_wrong_options_are_refused_by_name_with_the_one_that_was_meant(here):
    _, asking = here
    name = upload(asking, jpeg())["id"]
    assert_refused(submit(asking, name, gorw=4), 422, "gorw", "did you mean 'grow'?")
    assert_refused(submit(asking, name, grow=65), 422, "grow", "less than or equal to 64")
    assert_refused(submit(asking, name, model="lamma"), 422, "model", "did you mean 'lama'?")
    files = {"mask": ("m", HOLE.encode())}
    for text in ("[1]", "grow=4", "", "[" * 100_000):
        answer = asking.post("/api/edits/inpaint", data={"photo": name, "options": text}, files=files)
        assert_refused(answer, 422, "options", "no JSON object")
    answer = asking.post("/api/edits/inpaint", data={"photo": name, "optoins": "{}"}, files=files)
    assert_refused(answer, 422, "optoins", "did you mean 'options'?")
    answer = asking.post("/api/edits/inpaint", data={"photo": name}, files={**files, "msk": ("m", b"")})
    assert_refused(answer, 422, "msk", "did you mean 'mask'?")


def test_missing_and_wrong_pictures_are_refused_by_name(here):
    _, asking = here
    name = upload(asking, jpeg())["id"]
    mask = {"mask": ("m", HOLE.encode())}
    assert_refused(
        asking.post("/api/edits/inpaint", data={"photo": name}, files={"image": ("p", jpeg())}), 422, "photo"
    )
    assert_refused(asking.post("/api/edits/inpaint", files=mask), 422, "photo", "missing")
    assert_refused(asking.post("/api/edits/inpaint", data={"photo": "0" * 32}, files=mask), 404, "photo")
    assert_refused(asking.post("/api/edits/inpant", files=mask), 404, "name", "did you mean 'inpaint'?")
    assert_refused(submit(asking, name, Mask.none((3, 4))), 422, "mask", "4×3 pixels but the photo is 64×48")
    answer = asking.post("/api/edits/inpaint", data={"photo": name, "options": "{}"}, files={"mask": ("m", b"x")})
    assert_refused(answer, 422, "mask")
    assert_refused(asking.get("/api/jobs/" + "0" * 32), 404, "job")
    assert_refused(asking.delete("/api/jobs/" + "0" * 32), 404, "job")


def test_what_goes_wrong_in_the_work_is_one_plain_sentence(tmp_path):
    class Broken:
        fit = Nosy.fit

        def __init__(self, error):
            self.error = error

        def __call__(self, image, mask, **more):
            raise self.error

    for error, words in [
        (MemoryError(), "not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"), "not enough memory"),
        (KeyError("secret detail"), "Something went wrong inside Retoucher"),
        (retoucher.UsageError("Give a smaller mask."), "Give a smaller mask."),
    ]:
        app, asking = serving(tmp_path, Broken(error))
        job = finished(app, asking, submit(asking, upload(asking, file_of("PNG"))["id"]))
        assert job["status"] == "failed"
        assert words in job["error"]
        assert "secret" not in job["error"]
        assert_refused(asking.get(f"/api/jobs/{job['id']}/file"), 409, "job", words)
        app.state.desk.close()


def test_a_mask_that_covers_everything_fails_with_the_edits_own_words(here):
    app, asking = here
    job = finished(app, asking, submit(asking, upload(asking, jpeg())["id"], Mask.none(SIZE).invert()))
    assert (job["status"], job["result"]) == ("failed", None)
    assert "leave something unmasked" in job["error"]


def test_a_job_of_an_edit_that_makes_masks_gives_them_as_files(here):
    app, asking = here
    app.state.desk.load = catalogue.load
    array = np.zeros((*SIZE, 3), np.uint8)
    array[12:36, 16:48] = 200
    name = upload(asking, Image.from_array(array).encode("PNG").data)["id"]
    form = {"photo": (None, name), "options": (None, json.dumps({"points": [[30, 20]]}))}
    job = finished(app, asking, asking.post("/api/edits/select", files=form))
    assert job["status"] == "done", job
    assert (job["result"]["photo"], job["result"]["patch"]) == (None, None)
    mask = Mask.open(asking.get(job["result"]["masks"][0]).content)
    assert mask.size == SIZE
    assert mask.array[20, 30]
    assert np.array_equal(Mask.open(io.BytesIO(asking.get(f"/api/jobs/{job['id']}/file").content)).array, mask.array)


@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
def test_a_photo_made_larger_is_a_version_of_another_size(container, here):
    app, asking = here
    data = file_of(container)
    photo = upload(asking, data)
    form = {"photo": (None, photo["id"]), "options": (None, json.dumps({"left": 8, "bottom": 5}))}
    job = finished(app, asking, asking.post("/api/edits/extend", files=form))
    assert job["status"] == "done", job
    version = job["result"]["photo"]
    assert (version["width"], version["height"]) == (SIZE[1] + 8, SIZE[0] + 5)
    assert job["result"]["outside"] == 0
    held = asking.get(f"/api/photos/{version['id']}/file").content
    app.state.desk.store._images = Recent(1)  # as after a restart
    app.state.desk._files = Recent(1)
    assert asking.get(f"/api/photos/{version['id']}/file").content == held
    assert Image.open(held).size == (SIZE[0] + 5, SIZE[1] + 8)
