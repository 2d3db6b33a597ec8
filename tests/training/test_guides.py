"""Lines and colours to learn from: of the very crop, roughened, often missing, and a pure function of the seed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from training_runs import photo_folder

from retoucher.errors import UsageError
from retoucher.models.scfegan import colors, sketch
from retoucher.training.augment import Scaled
from retoucher.training.crops import Crops, balanced, batches
from retoucher.training.guides import Drawn, Published, planes, shaken
from retoucher.training.holes import Chains
from retoucher.training.kinds import GUIDES, guide_named
from retoucher.training.photos import Photos
from retoucher.training.sources import groups_of


def face(size: int = 96) -> np.ndarray:
    """An oval with two dots and a bar, on a plain ground."""
    picture = np.full((size, size, 3), (70, 90, 120), np.uint8)
    middle = size // 2
    cv2.ellipse(picture, (middle, middle), (size // 3, size * 2 // 5), 0, 0, 360, (220, 180, 150), -1)
    for x in (0.38, 0.62):
        cv2.circle(picture, (round(x * size), round(0.45 * size)), size // 16, (40, 30, 20), -1)
    cv2.line(picture, (size * 2 // 5, size * 7 // 10), (size * 3 // 5, size * 7 // 10), (160, 60, 60), 3)
    return picture


def test_sketches_are_thin_lines_on_edges() -> None:
    for size, scale in ((96, 0.4), (256, 0.5), (300, 1.0)):
        lines = sketch.sketch(face(size), scale)
        assert (lines.shape, lines.dtype) == ((size, size), bool)
        assert 0.005 < lines.mean() < 0.08
        square = cv2.erode(lines.astype(np.uint8), np.ones((3, 3)))
        assert not square.any()  # nowhere three wide
        steep = cv2.morphologyEx(face(size), cv2.MORPH_GRADIENT, np.ones((2 * (size // 32) + 3,) * 2)).max(2)
        assert (steep[lines] > 20).mean() > 0.99
    assert not sketch.sketch(np.full((64, 64, 3), 128, np.uint8)).any()


def test_lower_thresholds_only_add_lines_and_specks_go() -> None:
    picture = face(128)
    few, many = (sketch.sketch(picture, 0.5, low=low, high=2.5 * low, speck=0) for low in (40.0, 12.0))
    assert not (few & ~many).any()
    lines = np.zeros((30, 40), bool)
    lines[5, 3:20] = lines[20, 30:34] = True
    kept = sketch.without_specks(lines, 5)
    assert kept[5, 3:20].all()
    assert kept.sum() == 17
    assert np.array_equal(sketch.without_specks(lines, 4), lines)
    assert not sketch.without_specks(np.zeros((5, 5), bool), 3).any()


def test_thinning_leaves_lines_one_wide_in_one_piece() -> None:
    thick = np.zeros((60, 80), np.uint8)
    cv2.polylines(thick, [np.array([[8, 8], [60, 20], [20, 50], [70, 52]])], False, 1, 7)
    cv2.circle(thick, (60, 38), 9, 1, 3)
    thin = sketch.thinned(thick > 0)
    assert not (thin & (thick == 0)).any()
    assert not cv2.erode(thin.astype(np.uint8), np.ones((2, 2))).any()
    counts = [cv2.connectedComponents(each.astype(np.uint8), connectivity=8)[0] for each in (thick, thin)]
    assert counts[0] == counts[1]
    assert np.array_equal(sketch.thinned(thin), thin)
    assert not sketch.thinned(np.zeros((4, 4), bool)).any()


def test_superpixels_cover_everything_and_follow_edges() -> None:
    picture = face(128)
    labels = colors.superpixels(picture, 16)
    assert (labels.shape, labels.dtype, int(labels.min())) == ((128, 128), np.int32, 0)
    assert 40 < len(np.unique(labels)) <= 64
    flat = colors.medians(picture, labels)
    inside = cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, np.ones((5, 5))).max(2) == 0
    assert (np.abs(flat.astype(int) - picture).max(2)[inside] == 0).mean() > 0.98
    assert np.unique(colors.superpixels(picture, 1000)).tolist() == [0]


def test_medians_are_the_medians() -> None:
    random = np.random.RandomState(0)
    picture, labels = (
        random.randint(0, 256, (9, 11, 3)).astype(np.uint8),
        random.randint(0, 5, (9, 11)).astype(np.int32),
    )
    found = colors.medians(picture, labels)
    for label in range(5):
        for channel in range(3):
            values = np.sort(picture[labels == label, channel])
            assert set(found[labels == label, channel].tolist()) == {int(values[len(values) // 2])}


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_is_five_planes_that_depend_on_the_seed_alone(name: str) -> None:
    draw = GUIDES[name].draw
    guide, same = (draw(face(), np.random.RandomState(4)) for _ in range(2))
    assert (guide.shape, guide.dtype) == ((96, 96, 5), np.uint8)
    assert np.array_equal(guide, same)
    for seed in range(8):
        guide = draw(face(), np.random.RandomState(seed))
        assert set(np.unique(guide[..., [0, 4]])) <= {0, 255}
        assert not guide[guide[..., 4] == 0, 1:4].any()


def test_each_kind_of_guidance_is_missing_as_often_as_it_says() -> None:
    found = [Drawn(gaps=0).draw(face(64), np.random.RandomState(seed)) for seed in range(300)]
    lines, paint = (np.array([guide[..., plane].any() for guide in found]) for plane in (0, 4))
    assert abs((~lines).mean() - (1 - 0.88 * 0.85)) < 0.07
    assert abs((~paint).mean() - (1 - 0.88 * 0.75)) < 0.08
    assert abs((~lines & ~paint).mean() - (0.12 + 0.88 * 0.15 * 0.25)) < 0.05
    whole = np.array([guide[..., 4].all() for guide in found])
    assert 0.06 < whole.mean() < 0.22
    areas = [
        Drawn(bare=0, no_colors=0, everywhere=0, areas=1).draw(face(64), np.random.RandomState(seed))
        for seed in range(40)
    ]
    share = np.array([(guide[..., 4] > 0).mean() for guide in areas])
    assert 0.1 < share.mean() < 0.8
    published = [Published(0.25).draw(face(64), np.random.RandomState(seed)) for seed in range(20)]
    assert all(guide[..., 0].any() and guide[..., 4].any() for guide in published)


def test_shaken_lines_move_no_further_than_they_may() -> None:
    lines = sketch.sketch(face(128), 0.5)
    far = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, 5)
    for most in (0.5, 1.5, 4.0):
        for seed in range(5):
            moved = shaken(lines, most, np.random.RandomState(seed))
            assert far[moved].max() <= most * 2**0.5 * 1.25 + 1  # the field is smooth: cubic, a little beyond its knots
            assert 0.8 * lines.sum() < moved.sum() <= lines.sum()
    assert np.array_equal(shaken(lines, 0.0, np.random.RandomState(0)), lines)
    edge = np.zeros((20, 20), bool)
    edge[0], edge[:, -1] = True, True
    assert shaken(edge, 3.0, np.random.RandomState(0)).any()


def test_unpainted_colours_are_black_and_black_may_be_painted() -> None:
    lines, brush = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    lines[0, 1] = brush[2] = True
    guide = planes(lines, np.full((4, 4, 3), 7, np.uint8), brush)
    assert guide[0, 1].tolist() == [255, 0, 0, 0, 0]
    assert guide[2, 3].tolist() == [0, 7, 7, 7, 255]
    black = planes(lines, np.zeros((4, 4, 3), np.uint8), brush)
    assert black[2, 3].tolist() == [0, 0, 0, 0, 255]


def test_guides_are_named() -> None:
    assert guide_named("") is None
    assert guide_named("drawn") is GUIDES["drawn"]
    with pytest.raises(UsageError, match="choose published, drawn"):
        guide_named("sketched")


def crops(folder, groups=None, seed: int = 1) -> Crops:
    photos = Photos.open([folder])
    return Crops(photos, Chains(1, 2, 6, 12), 32, seed, Scaled(), guide=Drawn(), groups=groups)


def test_samples_with_guides_depend_on_the_seed_and_their_number_alone(tmp_path) -> None:
    folder = photo_folder(tmp_path / "photos", 4)
    plain = Crops(Photos.open([folder]), Chains(1, 2, 6, 12), 32, 1, Scaled())
    one, same, other = crops(folder), crops(folder), crops(folder, seed=2)
    wanted = [one[i] for i in range(10)]
    for i in reversed(range(10)):
        again = same[i]
        assert again.guide is not None
        assert (again.guide.shape, again.guide.dtype) == ((5, 32, 32), torch.uint8)
        assert torch.equal(again.guide, wanted[i].guide)
        assert torch.equal(again.image, wanted[i].image)
        assert torch.equal(plain[i].image, wanted[i].image)  # a guide is drawn last: photo and hole are as without
        assert torch.equal(plain[i].hole, wanted[i].hole)
    assert not all(torch.equal(other[i].guide, wanted[i].guide) for i in range(10))
    for workers in (0, 1):
        got = next(batches(one, 4, 4, workers))
        assert torch.equal(got.guide, torch.stack([sample.guide for sample in wanted[4:8]]))
    assert next(batches(plain, 2, 0, 0)).guide is None


def test_photos_of_small_sources_come_more_often(tmp_path) -> None:
    folder = photo_folder(tmp_path / "photos", 10)
    (tmp_path / "sources.csv").write_text(
        "file,source_repository,licence\n"
        + "".join(f"deep/photo{i}.png,{'small' if i == 0 else 'large'},CC0\n" for i in range(10))
    )
    photos = Photos.open([folder])
    groups = groups_of(photos, tmp_path / "sources.csv")
    assert sorted(groups) == [0] * 9 + [1]
    many = crops(folder, groups)
    places = [many[i].photo for i in range(160)]
    alone = groups.index(1)
    assert 0.15 < places.count(alone) / 160 < 0.36  # a quarter instead of a tenth: 1 / (1 + √9)
    assert len(set(places)) == 10
    again = crops(folder, groups)
    assert [again[i].photo for i in (150, 3, 77)] == [many[i].photo for i in (150, 3, 77)]


def test_a_source_counts_by_the_root_of_its_size() -> None:
    shares = balanced([3, 3, 3, 3, 7, 5])
    assert shares.sum() == pytest.approx(1)
    assert shares[:4].sum() == pytest.approx(2 * shares[4])
    assert shares[4] == shares[5]


def test_tables_of_sources_that_help_nothing_are_refused(tmp_path) -> None:
    photos = Photos.open([photo_folder(tmp_path / "photos", 3)])
    cases = {
        "other.csv": "file,source_repository\nzzz.png,a\n",
        "columns.csv": "name,source\nphoto0.png,a\n",
        "short.csv": "file,source_repository\nphoto0.png\n",
        "empty.csv": "",
    }
    for name, text in cases.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(UsageError, match=name):
            groups_of(photos, tmp_path / name)
    (tmp_path / "noise.csv").write_bytes(b"\xff\xfe\x00noise")
    for name in ("noise.csv", "missing.csv"):
        with pytest.raises(UsageError, match=f"{name} cannot be read"):
            groups_of(photos, tmp_path / name)
    (tmp_path / "some.csv").write_text("file,source_repository\nphoto1.png,a\n")
    assert len(set(groups_of(photos, tmp_path / "some.csv"))) == 2
