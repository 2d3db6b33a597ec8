import os
import stat
import time

import numpy as np
import pytest
from serving import HOLE, OTHER, SIZE, file_of, jpeg, samples

from fakes import Nosy
from retoucher.edits.inpaint import Inpaint
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.server.patches import Patch
from retoucher.server.private import kept_token, new_token
from retoucher.server.recent import Recent
from retoucher.server.refusals import Refused
from retoucher.server.store import Store

PIXELS = 10**6


def store_in(folder, **more):
    return Store(folder, max_pixels=PIXELS, **more)


def fill(image, mask=HOLE, **options):
    return Inpaint(**options).run(image, mask, load=lambda name: Nosy()).image


def equal(one, two):
    fields = ("color", "has_alpha", "container", "profile", "exif", "xmp", "dpi", "orientation", "mark", "notes")
    return (
        np.array_equal(one.samples, two.samples)
        and one.samples.dtype == two.samples.dtype
        and np.array_equal(one.changed, two.changed)
        and all(getattr(one, name) == getattr(two, name) for name in fields)
    )


KINDS = {
    "JPEG turned": jpeg,
    "PNG": lambda: file_of("PNG"),
    "PNG 16 bits": lambda: file_of("PNG", kind=np.uint16),
    "PNG grey and alpha": lambda: file_of("PNG", 2),
    "WebP alpha": lambda: file_of("WEBP", 4),
    "TIFF": lambda: file_of("TIFF"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("opaque", [False, True])
def test_after_a_restart_a_version_is_what_it_was_and_saves_the_same_bytes(kind, opaque, tmp_path):
    data = KINDS[kind]()
    first = store_in(tmp_path)
    photo = first.add(data)
    once = fill(first.image(photo["id"]), opaque=opaque)
    one, _ = first.derive(photo["id"], once)
    twice = fill(once, OTHER)
    two, _ = first.derive(one["id"], twice)
    again = store_in(tmp_path)  # as a new process would
    assert again.facts(two["id"]) == two
    assert equal(again.image(two["id"]), twice)
    assert equal(again.image(one["id"]), once)
    assert again.image(two["id"]).encode().data == twice.encode().data
    assert again.image(photo["id"]).encode().data == data


def test_a_version_keeps_only_the_samples_of_what_changed(tmp_path):
    store = store_in(tmp_path)
    photo = store.add(Image.from_array(samples(size=(600, 800))).encode("PNG").data)
    mask = Mask.from_boxes((600, 800), [(100, 100, 20, 10)])
    name = store.derive(photo["id"], fill(store.image(photo["id"]), mask, grow=0))[0]["id"]
    (path,) = tmp_path.rglob("*.patch")
    assert path.stem == name
    assert path.stat().st_size < 20 * 10 * 3 + 1000
    assert store.patch(name).box == (100, 100, 20, 10)


def test_fifty_versions_can_all_be_seen_again_in_any_order(tmp_path):
    store = store_in(tmp_path, memory=1)  # so that each is put together again
    photo = store.add(file_of("PNG"))
    image, names, seen = store.image(photo["id"]), [photo["id"]], [store.image(photo["id"]).samples]
    for step in range(50):
        image = fill(image, Mask.from_boxes(SIZE, [(step, step % 40, 5, 5)]), grow=0)
        names.append(store.derive(names[-1], image)[0]["id"])
        seen.append(image.samples)
    for place in (50, 0, 25, 49, 1):
        assert np.array_equal(store.image(names[place]).samples, seen[place])


def test_of_drafts_only_the_last_eight_are_kept_and_versions_stay(tmp_path):
    store = store_in(tmp_path)
    base = store.add(file_of("PNG"))["id"]
    image = store.image(base)
    kept = store.derive(base, fill(image, HOLE))[0]["id"]
    spots = [np.zeros(SIZE, bool) for _ in range(12)]
    for number, spot in enumerate(spots):
        spot[2, 2 + number] = True
    drafts = [store.derive(base, fill(image, Mask(spot), grow=0), draft=True)[0]["id"] for spot in spots]
    assert len(list(tmp_path.rglob("*.patch"))) == 1 + 8
    assert store.facts(kept)["parent"] == base
    for name in drafts[:4]:
        with pytest.raises(Refused):
            store.facts(name)
    assert all(store.image(name).is_changed for name in drafts[4:])


def test_nothing_new_makes_no_version(tmp_path):
    store = store_in(tmp_path)
    photo = store.add(jpeg())
    assert store.derive(photo["id"], store.image(photo["id"])) is None


def test_a_patch_of_another_size_and_depth_comes_back(tmp_path):
    before = Image.open(file_of("PNG", 4))
    larger = Image.from_array(samples(3, size=(70, 80), kind=np.uint16))
    patch = Patch.unpack(Patch.between(before, larger).pack())
    after = patch.applied(before)
    assert np.array_equal(after.samples, larger.samples)
    assert (after.source, after.has_alpha, after.container) == (None, False, "")


def test_what_is_removed_is_gone_with_all_its_versions(tmp_path):
    store = store_in(tmp_path)
    photo, other = store.add(jpeg()), store.add(file_of("PNG"))
    version, _ = store.derive(photo["id"], fill(store.image(photo["id"])))
    store.remove(version["id"])
    for name in (photo["id"], version["id"]):
        with pytest.raises(Refused, match="no such photo"):
            store.image(name)
    assert store.image(other["id"]).size == SIZE
    assert [path.name for path in (tmp_path / "photos").iterdir()] == [other["id"]]


def test_only_this_person_can_read_what_is_kept(tmp_path):
    store = store_in(tmp_path / "state")
    photo = store.add(jpeg())
    store.derive(photo["id"], fill(store.image(photo["id"])))
    kept_token(tmp_path / "state")
    for path in [tmp_path / "state", *(tmp_path / "state").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_oldest_are_forgotten_first_by_number_by_bytes_and_by_age(tmp_path):
    store = store_in(tmp_path, photos=3)
    names = []
    for place in range(4):
        names.append(store.add(file_of("PNG"))["id"])
        os.utime(tmp_path / "photos" / names[-1], (time.time() - 100 + place,) * 2)
    kept = {path.name for path in (tmp_path / "photos").iterdir()}
    assert kept == set(names[1:])
    size = len(file_of("PNG"))
    store_in(tmp_path, size=2 * size + 2000)
    assert {path.name for path in (tmp_path / "photos").iterdir()} == set(names[2:])
    week = time.time() - 7 * 86400 - 60
    os.utime(tmp_path / "photos" / names[2], (week, week))
    again = store_in(tmp_path)
    assert {path.name for path in (tmp_path / "photos").iterdir()} == {names[3]}
    with pytest.raises(Refused):
        again.facts(names[2])


def test_looking_at_a_photo_makes_it_recent(tmp_path):
    store = store_in(tmp_path)
    name = store.add(file_of("PNG"))["id"]
    os.utime(tmp_path / "photos" / name, (1, 1))
    store.image(name)
    assert time.time() - (tmp_path / "photos" / name).stat().st_mtime < 60


@pytest.mark.parametrize(
    "name", ["", "..", "../token", "/etc/passwd", "0" * 31, "0" * 33, "*" * 32, "A" * 32, "0" * 32]
)
def test_an_id_that_is_none_of_ours_is_never_a_path(name, tmp_path):
    store = store_in(tmp_path)
    store.add(jpeg())
    with pytest.raises(Refused, match="no such photo"):
        store.image(name)


def test_the_token_is_kept_and_made_anew_where_others_could_read_it(tmp_path):
    token = kept_token(tmp_path / "a")
    assert kept_token(tmp_path / "a") == token
    assert len(token) == 43
    (tmp_path / "a" / "token").chmod(0o644)
    assert kept_token(tmp_path / "a") != token
    assert len({new_token() for _ in range(100)}) == 100


def test_memory_lets_go_of_what_was_not_used_for_longest():
    recent = Recent(100)
    for name in "abc":
        recent.put(name, name, 40)
    assert [recent.get(name) for name in "abc"] == [None, "b", "c"]
    recent.get("b")
    recent.put("d", "d", 40)
    assert [recent.get(name) for name in "bcd"] == ["b", None, "d"]
    recent.put("e", "e", 1000)
    assert (recent.get("e"), recent.held) == ("e", 1000)
    recent.drop("e")
    assert recent.held == 0


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing_behind(tmp_path, monkeypatch):
    store = store_in(tmp_path)

    def full(*more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("retoucher.server.private.os.fdopen", full)
    with pytest.raises(Refused, match="make room on the disk") as raised:
        store.add(jpeg())
    assert raised.value.status == 507
    assert list((tmp_path / "photos").iterdir()) == []
