import io
from importlib.resources import files

import numpy as np
import pytest
from PIL import Image as Pillow
from serving import TOKEN, assert_refused, edited, file_of, jpeg, serving, upload

from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.server.samples import SAMPLES


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, data in {
        "b.JPG": jpeg(),
        "a.png": file_of("PNG"),
        "ünï cödé.webp": file_of("WEBP", 4),
        "notes.txt": b"x",
        ".hidden.jpg": jpeg(),
    }.items():
        (folder / name).write_bytes(data)
    (tmp_path / "secret.jpg").write_bytes(jpeg(seed=5))
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "inside.jpg").mkdir()
    return folder


@pytest.fixture
def here(tmp_path, photos):
    (tmp_path / "out").mkdir()
    app, asking = serving(tmp_path, photos=photos, output=tmp_path / "out")
    yield app, asking
    app.state.desk.close()


def test_a_folder_lists_its_photos_and_nothing_else(here):
    entries = here[1].get("/api/folder").json()
    assert [entry["name"] for entry in entries] == ["a.png", "b.JPG", "ünï cödé.webp"]
    assert all(not entry["done"] and entry["bytes"] > 0 for entry in entries)
    assert here[1].get("/api/about").json()["folder"] == {"name": "photos", "count": 3, "writes": True}


def test_a_photo_keeps_its_id_over_a_restart_and_nobody_can_guess_it(here, tmp_path, photos):
    ids = [entry["id"] for entry in here[1].get("/api/folder").json()]
    again, asking = serving(tmp_path, photos=photos)
    assert [entry["id"] for entry in asking.get("/api/folder").json()] == ids
    other, stranger = serving(tmp_path, photos=photos, token="u" * 43)
    stranger.headers["x-retoucher-token"] = "u" * 43
    assert not set(ids) & {entry["id"] for entry in stranger.get("/api/folder").json()}
    assert TOKEN[:10] not in "".join(ids)
    for app in (again, other):
        app.state.desk.close()


def test_a_photo_of_the_folder_comes_as_it_lies_there_and_as_a_thumbnail(here, photos):
    _, asking = here
    for entry in asking.get("/api/folder").json():
        assert asking.get(f"/api/folder/{entry['id']}/file").content == (photos / entry["name"]).read_bytes()
        small = asking.get(f"/api/folder/{entry['id']}/thumbnail?side=32")
        assert small.headers["content-type"] == "image/jpeg"
        assert Pillow.open(io.BytesIO(small.content)).size == (32, 24)  # upright
        assert_refused(asking.get(f"/api/folder/{entry['id']}/thumbnail?side=100000"), 422, "side")


def test_no_path_opens_a_file_of_the_folder(here):
    for name in ("a.png", "link.jpg", "..", "0" * 32, "../secret.jpg", "%2e%2e%2fsecret.jpg"):
        for end in ("file", "thumbnail"):
            answer = here[1].get(f"/api/folder/{name}/{end}")
            assert answer.status_code == 404


def test_saving_writes_beside_the_folder_under_the_same_name_and_only_once_unasked(here, tmp_path, photos):
    app, asking = here
    entry = next(each for each in asking.get("/api/folder").json() if each["name"] == "b.JPG")
    data = asking.get(f"/api/folder/{entry['id']}/file").content
    version = edited(app, asking, upload(asking, data)["id"])["photo"]["id"]
    path = f"/api/folder/{entry['id']}/save"
    answer = asking.post(path, json={"photo": version})
    assert (answer.status_code, answer.json()["name"]) == (200, "b.JPG")
    saved = (tmp_path / "out" / "b.JPG").read_bytes()
    assert saved == asking.get(f"/api/photos/{version}/file").content
    assert (photos / "b.JPG").read_bytes() == data
    assert [each["done"] for each in asking.get("/api/folder").json()] == [False, True, False]
    assert_refused(asking.post(path, json={"photo": version, "mark": False}), 409, "overwrite")
    assert (tmp_path / "out" / "b.JPG").read_bytes() == saved
    again = asking.post(path, json={"photo": version, "mark": False, "overwrite": True})
    assert again.status_code == 200
    assert b"digitalsourcetype" not in (tmp_path / "out" / "b.JPG").read_bytes()
    assert_refused(asking.post(path, json={"photo": version, "over": True}), 422, "over")
    assert_refused(asking.post(path, json={"photo": "0" * 32}), 404, "photo")


def test_a_link_to_the_photo_itself_is_never_written_through(here, tmp_path, photos):
    _, asking = here
    (tmp_path / "out" / "a.png").symlink_to(photos / "a.png")
    entry = asking.get("/api/folder").json()[0]
    photo = upload(asking, jpeg())["id"]
    answer = asking.post(f"/api/folder/{entry['id']}/save", json={"photo": photo, "overwrite": True})
    assert_refused(answer, 409, None, "never changed")
    assert (photos / "a.png").read_bytes() == file_of("PNG")


def test_without_an_output_folder_nothing_is_written(tmp_path, photos):
    app, asking = serving(tmp_path, photos=photos / "a.png")
    entries = asking.get("/api/folder").json()
    assert [entry["name"] for entry in entries] == ["a.png"]
    assert asking.get("/api/about").json()["folder"] == {"name": "photos", "count": 1, "writes": False}
    answer = asking.post(f"/api/folder/{entries[0]['id']}/save", json={"photo": upload(asking, jpeg())["id"]})
    assert_refused(answer, 409, None, "--output")
    app.state.desk.close()


def test_without_a_folder_there_is_none(tmp_path):
    app, asking = serving(tmp_path)
    assert asking.get("/api/folder").json() == []
    assert asking.get("/api/about").json()["folder"] is None
    app.state.desk.close()


def test_a_photo_larger_than_allowed_is_refused_before_it_is_read(tmp_path, photos):
    app, asking = serving(tmp_path, photos=photos, max_bytes=100)
    entry = asking.get("/api/folder").json()[0]
    assert_refused(asking.get(f"/api/folder/{entry['id']}/file"), 413)
    app.state.desk.close()


def test_the_samples_are_small_licensed_and_fit_for_what_they_show(here):
    _, asking = here
    listed = asking.get("/api/samples").json()
    assert [sample["name"] for sample in listed] == [sample.name for sample in SAMPLES]
    assert len(listed) == 3
    sources = (files("retoucher") / "data" / "SOURCES.md").read_text("utf-8")
    for sample in listed:
        data = asking.get(sample["url"]).content
        assert len(data) <= 250_000
        assert sample["licence"].startswith("CC")
        assert sample["attribution"] in sources
        assert f"`{sample['name']}`" in sources
        image = Image.open(data)
        assert max(image.size) <= 1200
        transparent = Mask.from_alpha(image).area / (image.width * image.height)
        assert 0.01 < transparent < 0.1 if sample["skill"] == "fill" else transparent == 0
    assert_refused(asking.get("/api/samples/SOURCES.md"), 404, "name")


def test_what_the_server_says_about_itself(here):
    about = here[1].get("/api/about").json()
    assert about["device"] in ("CPU", "GPU (CUDA)", "GPU (MPS)")
    assert about["threads"] >= 1
    assert not about["exposed"]
    assert about["keep"]
    assert about["limits"] == {"bytes": 200 << 20, "pixels": 200_000_000, "queue": 16}
    basic = next(method for method in about["methods"] if method["name"] == "exemplar")
    assert (basic["label"], basic["weights"]) == ("Basic fill", "")
    kinds = {kind["name"]: kind for kind in about["containers"]}
    assert kinds["JPEG"] == {"name": "JPEG", "suffix": ".jpg", "quality": True, "lossless": False}
    assert kinds["PNG"] == {"name": "PNG", "suffix": ".png", "quality": False, "lossless": True}
    assert set(about["reads"]) >= set(kinds)
    for advice in about["advice"]:
        assert advice["command"] == f"retoucher weights pull {advice['name']}"
        assert advice["megabytes"] > 1


def test_a_mask_drawn_on_the_torn_sample_is_its_transparency(here):
    app, asking = here
    photo = upload(asking, asking.get("/api/samples/sample-torn.webp").content)
    mask = Mask.open(asking.get(f"/api/photos/{photo['id']}/transparency").content)
    result = edited(app, asking, photo["id"], mask, opaque=True, grow=2)
    after = Image.open(asking.get(f"/api/photos/{result['photo']['id']}/file?container=PNG").content)
    assert np.all(after.samples[..., -1][mask.array] == 255)
