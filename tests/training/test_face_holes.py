"""Holes over faces: algorithm 1's statistics, parts where faces have them, and crops that keep the face in place."""

from __future__ import annotations

import numpy as np
import pytest

from retoucher.models.scfegan.template import BOX, EYES, MOUTH, PARTS
from retoucher.training import faces
from retoucher.training.faces import Everything, FaceParts, Hair, Portrait, Union, Zigzags
from retoucher.training.kinds import holes_named

DRAWS = 200
KINDS = {"zigzags": Zigzags(), "parts": FaceParts(), "hair": Hair(), "published": faces.PUBLISHED, "drawn": faces.DRAWN}


def drawn(kind: faces.Zigzags | FaceParts | Hair | Union, size: int = 128, count: int = DRAWS) -> np.ndarray:
    random = np.random.RandomState(1)
    return np.stack([kind.draw(size, size, random) for _ in range(count)])


def at(holes: np.ndarray, place: tuple[float, float]) -> float:
    """How often this place (shares of the side) is hole."""
    size = holes.shape[1]
    return float(holes[:, round(place[1] * size), round(place[0] * size)].mean())


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_hole_of_any_size(kind: str) -> None:
    for height, width in ((16, 16), (64, 48), (33, 90)):
        one, same, other = (KINDS[kind].draw(height, width, np.random.RandomState(seed)) for seed in (5, 5, 6))
        assert one.shape == (height, width)
        assert one.dtype == bool
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other) or one.all()


@pytest.mark.parametrize("kind", ["zigzags", "parts", "published", "drawn"])
@pytest.mark.parametrize("size", [16, 128])
def test_what_is_to_be_learnt_from_is_never_empty(kind: str, size: int) -> None:
    assert drawn(KINDS[kind], size, 300).any((1, 2)).all()


def test_zigzags_erase_a_sixth_to_a_fifth_on_average() -> None:
    for size in (128, 256):
        shares = drawn(Zigzags().scaled(size / 256), size).mean((1, 2))
        assert 0.15 < shares.mean() < 0.24
        assert np.quantile(shares, 0.05) < 0.06
        assert np.quantile(shares, 0.95) < 0.45


def test_zigzags_seek_the_eyes() -> None:
    seeking, blind = drawn(Zigzags().scaled(0.5)), drawn(Zigzags(eyes=0).scaled(0.5))
    for eye in EYES:
        assert at(seeking, eye) > 0.6
        assert at(blind, eye) < 0.4
    assert abs(at(seeking, (0.15, 0.15)) - at(blind, (0.15, 0.15))) < 0.12


def test_walks_turn_back_on_every_other_segment() -> None:
    # straight back and forth along one line: nothing is far from the line through the start
    walk = Zigzags(strokes=1, lines=30, angle=0, length=20, thin=1, thick=1, eyes=0)
    for seed in range(20):
        rows, columns = np.nonzero(walk.draw(128, 128, np.random.RandomState(seed)))
        spread = np.linalg.svd(np.stack([rows - rows.mean(), columns - columns.mean()]).astype(float))[1]
        assert spread[1] / np.sqrt(len(rows)) < 1.5
        # … and it comes back again and again, instead of going 15 lengths away
        assert np.hypot(np.ptp(rows), np.ptp(columns)) < 6 * 20


def test_parts_lie_where_a_face_has_them() -> None:
    holes = drawn(FaceParts())
    for place in (*EYES, MOUTH):
        assert at(holes, place) > 0.3
    for corner in ((0.02, 0.98), (0.98, 0.98)):
        assert at(holes, corner) < 0.1


def test_hair_lies_around_the_face_and_leaves_it() -> None:
    holes = drawn(Hair())
    assert 0.08 < holes.mean() < 0.25
    assert at(holes, (0.5, 0.07)) > 0.5
    assert max(at(holes, place) for place in (*EYES, MOUTH, (0.5, 0.55))) < 0.05
    left, right = holes[:, :, :64].any((1, 2)), holes[:, :, 64:].any((1, 2))
    assert 0.15 < (left & ~right).mean() < 0.35
    assert 0.15 < (right & ~left).mean() < 0.35


def test_a_union_takes_each_kind_as_often_as_it_says() -> None:
    holes = drawn(faces.PUBLISHED.scaled(0.25), 64, 600)
    assert 0.005 < holes.all((1, 2)).mean() < 0.045
    only = drawn(Union((Hair(), Everything()), (0.0, 0.0)), 64)
    assert np.array_equal(only, drawn(Union((Hair(),), (1.0,)), 64)) or only.mean() == pytest.approx(
        drawn(Hair(), 64).mean(), abs=0.03
    )
    assert drawn(Union((Hair(), Everything()), (0.0, 1.0)), 16).all()


def test_named_holes_shrink_with_the_crop() -> None:
    for name in ("zigzags", "face"):
        large, small = holes_named(name, 256), holes_named(name, 64)
        assert isinstance(large, Union)
        assert isinstance(small, Union)
        strokes = [kind for kind in small.kinds if isinstance(kind, Zigzags)]
        wide = [kind for kind in large.kinds if isinstance(kind, Zigzags)]
        assert [kind.length * 4 for kind in strokes] == [kind.length for kind in wide]
        assert [kind.thick * 4 for kind in strokes] == [kind.thick for kind in wide]


def test_the_template_is_a_face() -> None:
    assert EYES[0][0] + EYES[1][0] == 1
    assert EYES[0][1] == EYES[1][1] < MOUTH[1]
    assert BOX == 1.8
    for part in PARTS.values():
        assert part.x - part.across > 0
        assert part.x + part.across < 1
        assert part.y - part.down > 0
        assert part.y + part.down < 1


def portrait(height: int = 96, width: int = 96) -> np.ndarray:
    """A dark square with a bright dot in its middle, on a smooth ground."""
    down, across = np.mgrid[:height, :width]
    picture = np.stack([80 + 60 * down / height, 90 + 60 * across / width, np.full_like(down, 100.0)], -1)
    picture[(np.hypot(down - height / 2 + 0.5, across - width / 2 + 0.5) < height / 12)] = 230
    return picture.astype(np.uint8)


STILL = Portrait(move=0, turn=0, light=0, tint=0)


def test_a_portrait_stays_around_its_middle() -> None:
    for seed in range(12):
        crop = STILL.apply(portrait(), 48, np.random.RandomState(seed))
        assert (crop.shape, crop.dtype) == ((48, 48, 3), np.uint8)
        rows, columns = np.nonzero(crop.min(2) > 200)
        assert abs(rows.mean() - 23.5) < 0.6
        assert abs(columns.mean() - 23.5) < 0.6


@pytest.mark.parametrize("size", [(40, 70), (300, 200), (96, 96)])
def test_portraits_of_any_size_give_the_same_crop_for_the_same_seed(size: tuple[int, int]) -> None:
    for kind in (STILL, Portrait(dye=0.5), Portrait(close=1.0)):
        crops = [kind.apply(portrait(*size), 64, np.random.RandomState(seed)) for seed in (3, 3, 4)]
        assert crops[0].shape == (64, 64, 3)
        assert np.array_equal(crops[0], crops[1])
        assert not np.array_equal(crops[0], crops[2])


def test_portraits_are_mirrored_every_other_time_and_may_be_close_up() -> None:
    mirrored = [
        int(crop[:, :8, 1].mean() > crop[:, -8:, 1].mean())
        for crop in (STILL.apply(portrait(), 48, np.random.RandomState(seed)) for seed in range(60))
    ]
    assert 18 < sum(mirrored) < 42
    near = Portrait(move=0, turn=0, light=0, tint=0, close=1.0)
    dots = [(near.apply(portrait(), 48, np.random.RandomState(seed)).min(2) > 200).sum() for seed in range(40)]
    still = (STILL.apply(portrait(), 48, np.random.RandomState(0)).min(2) > 200).sum()
    assert max(dots) > 2.2 * still
    assert Portrait().shorter(128) == 256


def test_dye_changes_the_colour_of_a_part_and_keeps_light_and_shade() -> None:
    plain = np.full((96, 96, 3), 128, np.uint8)
    plain[::4] = 90  # a pattern that has to stay
    changed = 0
    for seed in range(20):
        dyed = Portrait(dye=1.0)._dyed(plain, np.random.RandomState(seed)).astype(int)
        moved = np.abs(dyed - plain).max(2) > 6
        changed += moved.any()
        assert moved.mean() < 0.9
        assert (dyed[1:-1:4].mean((0, 2)) > dyed[:-2:4].mean((0, 2)) + 10).mean() > 0.95
    assert changed > 14
