import json

import numpy as np
import pytest
from serving import assert_refused, finished, serving, upload

import retoucher
from painters import file
from portraits import BOX, MOUTH, SCFEGAN, layer, portrait
from retoucher import catalogue
from retoucher.cli import main
from retoucher.image import Image

FACE = ",".join(map(str, BOX))
LINE = np.zeros((240, 220), bool)
LINE[160, 92:128] = True
RED = np.zeros((240, 220), bool)
RED[152:168, 100:120] = True
DRAWN = {
    "mask": ("m", MOUTH.encode()),
    "sketch": ("s", file(layer(LINE))),
    "color": ("c", file(layer(RED, (200, 40, 40)))),
}


@pytest.fixture
def here(tmp_path):
    app, asking = serving(tmp_path, SCFEGAN())
    yield app, asking
    app.state.desk.close()


def ask(asking, edit, data=None, files=None, **options):
    texts = {name: (None, text) for name, text in {**(data or {}), "options": json.dumps(options)}.items()}
    return asking.post(f"/api/edits/{edit}", files={**texts, **(files or {})})


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_http_python_and_the_command_line_give_the_same_bytes(suffix, here, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "load", lambda name="auto", device=None: SCFEGAN())
    app, asking = here
    data = file(portrait(noise=3), {"png": "PNG", "jpg": "JPEG", "tif": "TIFF"}[suffix])
    (tmp_path / f"photo.{suffix}").write_bytes(data)
    for name, (_, content) in DRAWN.items():
        (tmp_path / f"{name}.png").write_bytes(content)
    answer = ask(asking, "redraw", {"photo": upload(asking, data)["id"]}, DRAWN, seed=3, grow=2)
    result = finished(app, asking, answer)["result"]
    over_http = asking.get(f"/api/photos/{result['photo']['id']}/file").content
    drawn = {name: content for name, (_, content) in DRAWN.items()}
    in_python = retoucher.redraw(data, **drawn, seed=3, grow=2).image.encode().data
    words = ["redraw", str(tmp_path / f"photo.{suffix}")]
    words += [word for name in DRAWN for word in (f"--{name}", str(tmp_path / f"{name}.png"))]
    assert main([*words, "--seed", "3", "--grow", "2", "--quiet", "-o", str(tmp_path / f"out.{suffix}")]) == 0
    assert over_http == in_python == (tmp_path / f"out.{suffix}").read_bytes()
    assert over_http != data


def test_a_job_says_which_face_and_that_nothing_else_changed(here):
    app, asking = here
    photo = upload(asking, file(portrait()))
    lines, colors = (upload(asking, content)["id"] for _, content in (DRAWN["sketch"], DRAWN["color"]))
    data = {"photo": photo["id"], "sketch": lines, "color": colors}
    job = finished(app, asking, ask(asking, "redraw", data, {"mask": DRAWN["mask"]}, face=FACE))
    result = job["result"]
    assert result["report"]["faces"] == [list(BOX)]
    assert result["report"]["method"] == "scfegan"
    assert result["outside"] == 0
    assert result["photo"]["parent"] == photo["id"]
    assert result["photo"]["mark"] == "compositeWithTrainedAlgorithmicMedia"
    x, y, width, height = MOUTH.box
    assert x <= result["patch"]["x"] <= result["patch"]["x"] + result["patch"]["width"] <= x + width
    assert y <= result["patch"]["y"] <= result["patch"]["y"] + result["patch"]["height"] <= y + height


def test_tracing_gives_lines_and_colors_as_in_python(here):
    app, asking = here
    image = portrait()
    photo = upload(asking, file(image))["id"]
    result = finished(app, asking, ask(asking, "trace", {"photo": photo}, {}, detail=0.7, cell=30))["result"]
    made = retoucher.trace(image, detail=0.7, cell=30)
    assert (result["photo"], result["patch"]) == (None, None)
    lines = Image.open(asking.get(result["masks"][0]).content)
    assert np.array_equal(lines.samples[..., 0] > 127, made.mask.array)
    colors = Image.open(asking.get(result["views"]["colors"]).content)
    assert np.array_equal(colors.samples[..., 3], made.views["colors"].samples[..., 3])
    clear = colors.samples[..., 3] > 0
    assert np.array_equal(colors.samples[clear], made.views["colors"].samples[clear])
    assert result["report"]["faces"] == [list(box) for box in made.report.faces]


def test_faces_are_found_without_a_job(here, monkeypatch):
    asking = here[1]
    photo = upload(asking, file(portrait()))["id"]
    found = asking.get(f"/api/photos/{photo}/faces").json()
    assert found["note"] == ""
    (face,) = found["faces"]
    assert np.abs(np.subtract(face["box"], BOX)).max() < 12
    assert np.abs(np.subtract(face["eyes"], ((87, 114), (133, 114)))).max() < 6
    assert face["profile"] is False
    empty = upload(asking, file(portrait(faces=())))["id"]
    found = asking.get(f"/api/photos/{empty}/faces").json()
    assert found["faces"] == []
    assert "draw a box around it" in found["note"]
    assert_refused(asking.get(f"/api/photos/{'0' * 32}/faces"), 404, "photo")


def test_what_does_not_go_together_is_refused_at_once_by_its_name(here):
    asking = here[1]
    data = {"photo": upload(asking, file(portrait()))["id"]}
    other = ("x", file(layer(np.eye(50, dtype=bool))))
    for name in ("mask", "sketch", "color"):
        refused = ask(asking, "redraw", data, {**DRAWN, name: other})
        assert_refused(refused, 422, name, "50×50 pixels but the photo is 220×240")
    for options, field, words in (
        ({"face": "1,2,3"}, "face", "X,Y,WIDTH,HEIGHT"),
        ({"face": "900,900,50,50"}, "face", "does not lie on the photo"),
        ({"grow": 65}, "grow", "less than or equal to 64"),
        ({"sead": 3}, "sead", "did you mean 'seed'?"),
    ):
        assert_refused(ask(asking, "redraw", data, DRAWN, **options), 422, field, words)
    assert_refused(ask(asking, "trace", data, {}, face="900,900,50,50"), 422, "face", "does not lie")
    assert_refused(ask(asking, "redraw", data, {"sketch": DRAWN["sketch"]}), 422, "mask", "missing")


def test_without_a_face_the_job_fails_with_the_remedy(here):
    app, asking = here
    data = {"photo": upload(asking, file(portrait(faces=())))["id"]}
    job = finished(app, asking, ask(asking, "redraw", data, DRAWN))
    assert job["status"] == "failed"
    assert "No face was found" in job["error"]
