import base64
import json

import pytest
from serving import HOLE, assert_refused, jpeg, serving

import retoucher
from fakes import Nosy
from retoucher.image import Image


def body_of(photo, mask, before=""):
    coded = [before + base64.b64encode(data).decode() for data in (photo, mask)]
    return {"image": coded[0], "mask": coded[1], "prompt": "ignored", "sd_seed": 7, "hd_strategy": "Crop"}


@pytest.mark.parametrize("before", ["", "data:image/png;base64,"])
def test_a_program_made_for_iopaint_is_answered(before, tmp_path):
    app, asking = serving(tmp_path, compat=True)
    asking.headers = {}  # it has no token
    data = jpeg()
    answer = asking.post("/api/v1/inpaint", json=body_of(data, HOLE.encode(), before))
    expected = retoucher.Inpaint(grow=0).run(Image.open(data), HOLE, load=lambda name: Nosy()).image
    assert answer.content == expected.encode().data
    assert (answer.headers["content-type"], answer.headers["x-seed"]) == ("image/jpeg", "7")
    assert list((tmp_path / "state" / "photos").iterdir()) == []
    assert_refused(asking.post("/api/v1/inpaint", json=body_of(data, b"x")), 422, "mask")
    assert_refused(asking.post("/api/v1/inpaint", json={"image": "?", "mask": ""}), 422, "image", "base64")
    assert_refused(asking.post("/api/v1/inpaint", json={"image": ""}), 422, "mask", "missing")
    text = json.dumps(body_of(data, HOLE.encode()))
    plain = asking.post("/api/v1/inpaint", content=text, headers={"content-type": "text/plain"})
    assert_refused(plain, 415)
    app.state.desk.close()


def test_iopaints_call_is_there_only_when_asked_for(tmp_path):
    app, asking = serving(tmp_path)
    assert_refused(asking.post("/api/v1/inpaint", json=body_of(jpeg(), HOLE.encode())), 404)
    app.state.desk.close()
