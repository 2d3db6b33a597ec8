import io

import numpy as np
import pytest
from PIL import Image as Pillow
from serving import (
    HOLE,
    SIZE,
    assert_refused,
    client,
    edited,
    file_of,
    jpeg,
    samples,
    settings,
    upload,
)

from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.server.app import make


def picture(answer):
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Pillow.open(io.BytesIO(answer.content)))


def test_an_upload_is_answered_with_what_is_known_about_the_photo(asking):
    data = jpeg()
    facts = upload(asking, data)
    assert facts["id"] == facts["base"]
    assert len(facts["id"]) == 32
    expected = {
        "width": 64,
        "height": 48,
        "container": "JPEG",
        "bits": 8,
        "color": "RGB",
        "mode": "RGB",
        "alpha": False,
        "profile": False,
        "exif": True,
        "bytes": len(data),
        "notes": [],
        "parent": None,
        "changed": False,
        "mark": None,
    }
    assert {name: facts[name] for name in expected} == expected
    assert asking.get(f"/api/photos/{facts['id']}").json() == facts
    deep = upload(asking, file_of("PNG", 2, np.uint16))
    assert (deep["mode"], deep["bits"], deep["alpha"]) == ("LA;16", 16, True)


def test_an_unchanged_photo_comes_back_to_the_byte(asking):
    data = jpeg()
    answer = asking.get(f"/api/photos/{upload(asking, data)['id']}/file")
    assert answer.content == data
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == 'attachment; filename="photo-retouched.jpg"'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"GIF89a.....", "is a GIF"),
        (b"hello, this is a text", "no photo"),
        (jpeg()[:300], "damaged"),
        (file_of("PNG")[:200], ""),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(data, words, asking, tmp_path):
    assert_refused(asking.post("/api/photos", files={"file": ("p.jpg", data)}), 422, "file", words)
    assert list((tmp_path / "state" / "photos").iterdir()) == []


def test_a_view_is_the_upright_photo_in_8_bit_srgb(asking):
    for data in (jpeg(), file_of("PNG", 4), file_of("PNG", 2), file_of("PNG", 3, np.uint16)):
        image = Image.open(data)
        name = upload(asking, data)["id"]
        seen = picture(asking.get(f"/api/photos/{name}/view"))
        assert seen.shape == (*SIZE, 4 if image.has_alpha else 3)
        expected = np.moveaxis(image.pixels.mul(255).round().byte().numpy(), 0, -1)
        assert np.array_equal(seen[..., :3], expected)
        if image.has_alpha:
            assert np.array_equal(seen[..., 3], image.samples[..., -1])
        assert picture(asking.get(f"/api/photos/{name}/view?max=32")).shape[:2] == (24, 32)
        assert_refused(asking.get(f"/api/photos/{name}/view?max=-1"), 422, "max")


def test_a_patch_laid_on_its_parent_gives_the_new_version(here):
    app, asking = here
    photo = upload(asking, file_of("PNG"))
    result = edited(app, asking, photo["id"])
    patch = result["patch"]
    answer = asking.get(patch["url"])
    assert answer.headers["x-retoucher-box"] == ",".join(str(patch[side]) for side in ("x", "y", "width", "height"))
    top = picture(answer)
    before = picture(asking.get(f"/api/photos/{photo['id']}/view")).copy()
    part = before[patch["y"] :][: patch["height"], patch["x"] : patch["x"] + patch["width"]]
    part[top[..., 3] == 255] = top[..., :3][top[..., 3] == 255]
    assert np.array_equal(before, picture(asking.get(f"/api/photos/{result['photo']['id']}/view")))
    assert set(np.unique(top[..., 3])) <= {0, 255}
    assert_refused(asking.get(f"/api/photos/{photo['id']}/patch"), 404, "photo")


def test_transparency_is_a_mask(asking):
    data = file_of("PNG", 4)
    name = upload(asking, data)["id"]
    answer = asking.get(f"/api/photos/{name}/transparency")
    assert np.array_equal(picture(answer), Mask.from_alpha(Image.open(data)).array)
    assert Pillow.open(io.BytesIO(answer.content)).mode == "1"


def test_a_mask_file_means_here_what_it_means_everywhere(asking):
    name = upload(asking, jpeg())["id"]
    drawn = Image.from_array(samples(4, seed=3)).encode("PNG").data
    answer = asking.post("/api/masks", data={"photo": name}, files={"file": ("m", drawn)})
    assert np.array_equal(picture(answer), Mask.open(drawn).array)
    again = asking.post("/api/masks", data={"photo": name}, files={"file": ("m", answer.content)})
    assert np.array_equal(picture(again), Mask.open(drawn).array)
    small = Mask.none((10, 20)).encode()
    wrong = asking.post("/api/masks", data={"photo": name}, files={"file": ("m", small)})
    assert_refused(wrong, 422, "file", "20×10 pixels but the photo is 64×48")
    assert_refused(asking.post("/api/masks", files={"file": ("m", small)}), 422, "photo", "missing")


def test_the_plan_is_what_the_file_will_be(here):
    app, asking = here
    data = jpeg()
    photo = upload(asking, data)
    version = edited(app, asking, photo["id"])["photo"]["id"]
    for query in ("", "?container=PNG", "?container=WEBP&quality=60", "?quality=50", "?mark=false", "?container=BMP"):
        plan = asking.get(f"/api/photos/{version}/plan{query}").json()
        answer = asking.get(f"/api/photos/{version}/file{query}")
        assert plan["bytes"] == len(answer.content)
        assert plan["original_bytes"] == len(data)
        assert Image.open(answer.content).container == plan["container"]
        noted = b"digitalsourcetype/" + (plan["mark"] or "nothing").encode() in answer.content
        assert noted == (plan["mark"] is not None)
    assert asking.get(f"/api/photos/{version}/plan").json()["mark"] == "compositeWithTrainedAlgorithmicMedia"
    assert asking.get(f"/api/photos/{version}/plan?mark=false").json()["mark"] is None
    assert asking.get(f"/api/photos/{photo['id']}/plan").json()["mark"] is None
    assert "holds no metadata" in str(asking.get(f"/api/photos/{version}/plan?container=BMP").json()["notes"])


def test_wrong_queries_are_refused_by_name(asking):
    name = upload(asking, jpeg())["id"]
    assert_refused(asking.get(f"/api/photos/{name}/plan?container=GIF"), 422, "container")
    assert_refused(asking.get(f"/api/photos/{name}/plan?quality=101"), 422, "quality")
    assert_refused(asking.get(f"/api/photos/{name}/plan?quality=many"), 422, "quality")
    assert_refused(asking.get(f"/api/photos/{name}/file?container=PNG&quality=50"), 422, "quality", "no quality")


def test_forgetting_takes_the_photo_and_its_versions(here):
    app, asking = here
    photo = upload(asking, jpeg())
    version = edited(app, asking, photo["id"])["photo"]["id"]
    asking.get(f"/api/photos/{version}/file")
    assert asking.delete(f"/api/photos/{photo['id']}").status_code == 204
    assert (app.state.desk._files.held, app.state.desk.store._images.held) == (0, 0)
    for name in (photo["id"], version):
        for end in ("", "/view", "/plan", "/file", "/patch", "/transparency"):
            assert_refused(asking.get(f"/api/photos/{name}{end}"), 404, "photo", "open it again")


def test_a_restart_of_the_server_loses_nothing(here, tmp_path):
    app, asking = here
    photo = upload(asking, jpeg())
    version = edited(app, asking, photo["id"], HOLE)["photo"]
    data = asking.get(f"/api/photos/{version['id']}/file").content
    app.state.desk.close()
    other = make(settings(tmp_path))
    try:
        again = client(other)
        assert again.get(f"/api/photos/{version['id']}").json() == version
        assert again.get(f"/api/photos/{version['id']}/file").content == data
    finally:
        other.state.desk.close()
