"""Holes in the shape of things come whole, in proportion, and from files that can be read."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures

from retoucher.errors import RetoucherError, UsageError
from retoucher.training.silhouettes import Silhouettes


def png(shape: np.ndarray) -> bytes:
    file = io.BytesIO()
    Pictures.fromarray(shape).save(file, "PNG")  # bool: one bit a pixel
    return file.getvalue()


def disc(size: int = 64) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.hypot(x, y) < size * 0.45


def corner() -> np.ndarray:
    """An L: neither mirrored nor turned it is itself."""
    shape = np.zeros((64, 64), bool)
    shape[4:60, 4:20] = shape[44:60, 4:60] = True
    return shape


def folder(path: Path) -> Path:
    for name, shape in {"b": disc(), "a": corner()}.items():
        (path / f"{name}.png").write_bytes(png(shape))
    (path / "SOURCES.csv").write_text("a,b")
    return path


def packed(path: Path) -> Path:
    with tarfile.open(path / "shapes.tar", "w") as archive:
        for name in ("b.png", "a.png", "SOURCES.csv"):
            archive.add(folder(path) / name, name)
    return path / "shapes.tar"


@pytest.mark.parametrize("source", [folder, packed])
def test_a_folder_and_a_tar_give_the_same_shapes_in_the_order_of_their_names(tmp_path: Path, source: object) -> None:
    assert callable(source)
    assert Silhouettes.open(source(tmp_path)).shapes == (png(corner()), png(disc()))


@pytest.mark.parametrize("size", [(64, 64), (96, 160), (512, 512)])
def test_holes_have_the_share_asked_for_and_lie_mostly_inside(size: tuple[int, int]) -> None:
    shapes = Silhouettes((png(disc()), png(corner())))
    random = np.random.RandomState(0)
    shares = []
    for _ in range(60):
        hole = shapes.draw(*size, random)
        assert hole.shape == size
        assert hole.dtype == bool
        assert cv2.connectedComponents(hole.astype(np.uint8))[0] == 2  # one shape, whole
        shares.append(hole.mean())
    assert min(shares) >= 0.02
    assert max(shares) <= 0.3
    assert np.ptp(shares) > 0.15


def test_a_disc_stays_a_disc_and_only_a_fifth_may_leave_the_picture() -> None:
    random = np.random.RandomState(0)
    cut = 0
    for _ in range(60):
        hole = Silhouettes((png(disc()),)).draw(128, 128, random)
        height, width = np.ptp(np.flatnonzero(hole.any(1))) + 1, np.ptp(np.flatnonzero(hole.any(0))) + 1
        whole = np.pi / 4 * max(height, width) ** 2
        cut += int(hole.sum() < 0.97 * whole)
        assert hole.sum() > 0.78 * whole
    assert 5 < cut < 55


def test_shapes_are_mirrored_every_other_time_and_turned() -> None:
    shapes = Silhouettes((png(corner()),), turn=0, inside=1)
    random = np.random.RandomState(0)
    left = 0
    for _ in range(100):
        hole = shapes.draw(64, 64, random)
        x = np.flatnonzero(hole.any(0))
        left += int(hole[:, x[0]].sum() > hole[:, x[-1]].sum())
    assert 30 < left < 70
    straight, turned = (
        Silhouettes((png(corner()),), turn=turn).draw(64, 64, np.random.RandomState(3)) for turn in (0, 30)
    )
    assert not np.array_equal(straight, turned)


def test_a_seed_gives_one_hole() -> None:
    shapes = Silhouettes((png(disc()), png(corner())))
    first, again = (shapes.draw(64, 64, np.random.RandomState(4)) for _ in range(2))
    assert np.array_equal(first, again)


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There are no pictures in"):
        Silhouettes.open(tmp_path)
    with pytest.raises(UsageError, match="neither a folder nor a tar"):
        Silhouettes.open(tmp_path / "missing")
    (tmp_path / "text.tar").write_text("no tar")
    with pytest.raises(UsageError, match="neither a folder nor a tar"):
        Silhouettes.open(tmp_path / "text.tar")
    (tmp_path / "black.png").write_bytes(png(np.zeros((8, 8), bool)))
    with pytest.raises(RetoucherError, match=r"black\.png has no white in it"):
        Silhouettes.open(tmp_path)
    (tmp_path / "black.png").write_bytes(png(disc())[:60])
    with pytest.raises(RetoucherError, match=r"black\.png cannot be read"):
        Silhouettes.open(tmp_path)
    (tmp_path / "black.png").write_bytes(png(np.ones((1, 5000), bool)))
    with pytest.raises(RetoucherError, match=r"black\.png cannot be read"):
        Silhouettes.open(tmp_path)


def test_shapes_that_never_fit_are_refused() -> None:
    line = np.zeros((64, 64), bool)
    line[32] = True
    with pytest.raises(UsageError, match="None of 100 silhouettes fitted into 64x64"):
        Silhouettes((png(line),), smallest=0.2).draw(64, 64, np.random.RandomState(0))
