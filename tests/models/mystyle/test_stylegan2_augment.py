"""Every transform of the augmentation does what it is called, and none does more than its share."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from retoucher.models.mystyle.stylegan2 import augment
from retoucher.models.mystyle.stylegan2.augment import _Draw, _shift, _turn, _warped, augmented, color, geometry
from retoucher.models.mystyle.stylegan2.sampling import sampled

SIDE = 32
MIDDLE = (SIDE - 1) / 2
NONE = torch.eye(3)[None]
DOWN, ACROSS = torch.meshgrid(torch.arange(SIDE) - MIDDLE, torch.arange(SIDE) - MIDDLE, indexing="ij")


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def smooth(x: Tensor, y: Tensor) -> Tensor:
    """A picture as a function of the place: waves of 21 pixels and more."""
    return torch.stack([torch.sin(0.3 * x + 0.1 * y), torch.cos(0.2 * x - 0.2 * y), torch.sin(0.1 * x + 1)])[None]


PICTURE = smooth(ACROSS, DOWN)


class Only(_Draw):
    """Draws as usual, but does nothing except the given decisions, counted from 0."""

    def __init__(self, *kept: int, count: int = 4000, seed: int = 0) -> None:
        super().__init__(count, 1.0, torch.device("cpu"), chance(seed))
        self.kept, self.asked = kept, 0

    def maybe(self, value: Tensor, otherwise: float, strength: float | None = None) -> Tensor:
        self.asked += 1
        return value if self.asked - 1 in self.kept else torch.full_like(value, otherwise)


MIRROR, QUARTER, WHOLE, SCALE, BEFORE, SQUEEZE, AFTER, PARTS = range(8)
BRIGHT, CONTRAST, LUMA, HUE, VIVID = range(5)


def test_strength_0_changes_nothing_and_draws_nothing() -> None:
    draws = chance()
    before = draws.get_state()
    assert augmented(PICTURE, 0.0, draws) is PICTURE
    assert torch.equal(draws.get_state(), before)
    assert torch.equal(geometry(Only(), SIDE, SIDE), torch.eye(3).expand(4000, 3, 3))
    assert torch.allclose(color(Only()), torch.eye(4)[:3].expand(4000, 3, 4), atol=1e-6)


def test_a_warp_by_nothing_returns_the_picture() -> None:
    image = 2 * torch.rand(2, 3, SIDE, SIDE, generator=chance()) - 1
    back = _warped(image, NONE.expand(2, 3, 3))
    assert float((back - image)[..., 3:-3, 3:-3].abs().max()) < 1e-5
    assert float((_warped(PICTURE, NONE) - PICTURE).abs().mean()) < 1e-3
    oblong = torch.rand(1, 3, 24, 40, generator=chance())
    assert float((_warped(oblong, NONE) - oblong)[..., 3:-3, 3:-3].abs().max()) < 1e-5


def turned(angle: float) -> Tensor:
    return _turn(torch.tensor([angle]))


def scaled(x: float, y: float) -> Tensor:
    return torch.diag(torch.tensor([x, y, 1.0]))[None]


WARPS = {
    "mirror": scaled(-1, 1),
    "quarter": turned(math.pi / 2),
    "turn": turned(0.4),
    "smaller": scaled(1.25, 1.25),
    "larger": scaled(0.7, 0.7),
    "squeeze": scaled(0.8, 1.25),
    "shift": _shift(torch.tensor([2.5]), torch.tensor([-1.25])),
    "all": turned(0.3) @ scaled(0.8, 0.9) @ _shift(torch.tensor([1.5]), torch.tensor([3.0])) @ turned(-1.0),
}


@pytest.mark.parametrize("name", WARPS)
def test_a_warp_takes_every_pixel_from_where_the_matrix_says(name: str) -> None:
    places = torch.stack([ACROSS, DOWN, torch.ones_like(DOWN)], -1) @ WARPS[name][0].T
    expected = smooth(places[..., 0], places[..., 1])
    difference = (_warped(PICTURE, WARPS[name]) - expected).abs().amax(1)[0]
    inside = (places[..., :2].abs() < MIDDLE - 4).all(-1)
    inside[:4] = inside[-4:] = inside[:, :4] = inside[:, -4:] = False
    assert int(inside.sum()) > 100
    assert float(difference[inside].max()) < 0.005


def test_whole_shifts_and_mirrors_move_pixels_only() -> None:
    image = torch.rand(1, 3, SIDE, SIDE, generator=chance())
    moved = _warped(image, _shift(torch.tensor([3.0]), torch.tensor([-2.0])))
    assert torch.allclose(moved[..., 8:-8, 8:-8], image.roll((2, -3), (2, 3))[..., 8:-8, 8:-8], atol=1e-5)
    assert float((_warped(PICTURE, scaled(-1, 1)) - PICTURE.flip(3)).abs().mean()) < 0.003
    assert float((_warped(PICTURE, turned(math.pi / 2)) - PICTURE.rot90(1, (2, 3))).abs().mean()) < 0.003


def test_what_lies_outside_is_the_pictures_own_reflection() -> None:
    far = _warped(PICTURE, _shift(torch.tensor([20.0]), torch.tensor([0.0])))
    assert float((far[..., 12:] - PICTURE.flip(3)[..., :20]).abs().max()) < 0.3 * 2  # not two pixels further
    assert float(far.abs().max()) < 1.05


def test_a_warp_neither_loses_nor_adds_light_and_fine_detail_does_not_alias() -> None:
    assert torch.allclose(_warped(torch.ones(1, 3, 16, 16), WARPS["all"]), torch.ones(1, 3, 16, 16), atol=1e-5)
    board = (((ACROSS + DOWN) % 2) * 2 - 1).expand(1, 3, SIDE, SIDE)
    half = _warped(board, scaled(2, 2))[..., 10:-10, 10:-10]
    assert float(half.abs().max()) < 0.05


def columns(matrix: Tensor) -> Tensor:
    """Lengths of the first two columns: how much a matrix scales."""
    return matrix[:, :2, :2].square().sum(1).sqrt()


def test_each_geometric_transform_alone_is_what_it_is_called() -> None:
    mirror = geometry(Only(MIRROR), SIDE, SIDE)
    assert set(mirror[:, 0, 0].tolist()) == {-1.0, 1.0}
    assert float(mirror[:, 0, 0].mean()) == pytest.approx(0, abs=0.06)
    assert torch.equal(mirror[:, 1], torch.eye(3)[1].expand(4000, 3))
    quarter = geometry(Only(QUARTER), SIDE, SIDE)
    assert {tuple(row) for row in quarter[:, 0, :2].round().tolist()} == {(1, 0), (0, -1), (-1, 0), (0, 1)}
    whole = geometry(Only(WHOLE), 64, 32)[:, :2, 2]
    assert torch.equal(whole, whole.round())
    assert whole.abs().amax(0).tolist() == [4, 8]
    scale = columns(geometry(Only(SCALE), SIDE, SIDE)).log2()
    assert torch.allclose(scale[:, 0], scale[:, 1], atol=1e-5)
    assert float(scale[:, 0].std()) == pytest.approx(0.2, rel=0.05)
    for decision in (BEFORE, AFTER):
        turn = geometry(Only(decision), SIDE, SIDE)[:, :2, :2]
        assert torch.allclose(turn @ turn.mT, torch.eye(2), atol=1e-5)
        angle = torch.atan2(turn[:, 1, 0], turn[:, 0, 0])
        assert float(angle.std()) == pytest.approx(math.pi / math.sqrt(3), rel=0.05)
    squeeze = geometry(Only(SQUEEZE), SIDE, SIDE)
    assert torch.allclose(squeeze[:, 0, 0] * squeeze[:, 1, 1], torch.ones(4000), atol=1e-5)
    assert float(squeeze[:, 0, 0].log2().std()) == pytest.approx(0.2, rel=0.05)
    parts = geometry(Only(PARTS), 64, 32)[:, :2, 2]
    assert parts.std(0).tolist() == pytest.approx([4, 8], rel=0.05)


def test_each_change_of_colour_alone_is_what_it_is_called() -> None:
    grey = torch.full((4000, 3, 1), 0.3)
    red = torch.tensor([0.9, 0.2, 0.1])[None, :, None].expand(4000, 3, 1)

    def done(decision: int, what: Tensor) -> Tensor:
        matrix = color(Only(decision))
        return matrix[:, :, :3] @ what + matrix[:, :, 3:]

    added = done(BRIGHT, red) - red
    assert float(added.std(1).max()) < 1e-6
    assert float(added[:, 0].std()) == pytest.approx(0.2, rel=0.05)
    times = done(CONTRAST, red) / red
    assert float(times.std(1).max()) < 1e-5
    assert float(times[:, 0].log2().std()) == pytest.approx(0.5, rel=0.05)
    assert torch.allclose(done(LUMA, grey).abs(), grey, atol=1e-6)
    assert float((done(LUMA, grey)[:, 0] < 0).float().mean()) == pytest.approx(0.5, abs=0.03)
    flipped = done(LUMA, red)
    chroma = red - red.mean(1, keepdim=True)
    assert torch.allclose(flipped - flipped.mean(1, keepdim=True), chroma, atol=1e-6)
    hue = done(HUE, red)
    assert torch.allclose(hue.sum(1), red.sum(1), atol=1e-5)
    assert torch.allclose(hue.norm(dim=1), red.norm(dim=1), atol=1e-5)
    assert float(hue.std(0).min()) > 0.3
    assert torch.allclose(done(HUE, grey), grey, atol=1e-6)
    vivid = done(VIVID, red)
    assert torch.allclose(vivid.mean(1), red.mean(1), atol=1e-5)
    by = (vivid - vivid.mean(1, keepdim=True)).norm(dim=1) / chroma.norm(dim=1)
    assert float(by.log2().std()) == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("decision", [LUMA, HUE])
def test_flips_and_turns_of_colours_are_orthogonal(decision: int) -> None:
    matrix = color(Only(decision))
    assert torch.allclose(matrix[:, :, :3] @ matrix[:, :, :3].mT, torch.eye(3), atol=1e-5)
    assert float(matrix[:, :, 3].abs().max()) == 0


@pytest.mark.parametrize("strength", [0.2, 0.7])
def test_every_transform_is_done_as_often_as_the_strength_says(strength: float) -> None:
    asked: list[tuple[float, float]] = []

    class Counted(_Draw):
        def maybe(self, value: Tensor, otherwise: float, strength: float | None = None) -> Tensor:
            done = super().maybe(value, otherwise, strength)
            changed = (done.reshape(-1, self.count) == value.reshape(-1, self.count)).all(0)
            share = float((changed & (value.reshape(-1, self.count) != otherwise).any(0)).float().mean())
            possible = float((value.reshape(-1, self.count) != otherwise).any(0).float().mean())
            asked.append((share / possible, self.strength if strength is None else strength))
            return done

    draw = Counted(20_000, strength, torch.device("cpu"), chance())
    geometry(draw, SIDE, SIDE)
    color(draw)
    assert len(asked) == 13
    assert all(share == pytest.approx(expected, abs=0.02) for share, expected in asked)
    turns = [expected for _, expected in asked if expected != strength]
    assert turns == [pytest.approx(1 - math.sqrt(1 - strength))] * 2  # both together as often as one


def test_both_turns_never_distort_and_pictures_are_changed_apart() -> None:
    image = PICTURE.expand(16, -1, -1, -1)
    out = augmented(image, 0.8, chance(1))
    assert out.shape == image.shape
    assert torch.equal(out, augmented(image, 0.8, chance(1)))
    assert not torch.equal(out, augmented(image, 0.8, chance(2)))
    apart = (out[:, None] - out[None]).abs().mean((2, 3, 4))
    assert int((apart < 1e-3).sum()) == 16


def second(function: Any, image: Tensor) -> Tensor:
    """The slope of the squared slope of a sum of squares."""
    image = image.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(function(image).square().sum(), image, create_graph=True)
    (twice,) = torch.autograd.grad(slope.square().sum(), image)
    return twice


def test_sampling_has_a_second_derivative() -> None:
    image = torch.randn(2, 2, 5, 6, generator=chance(), dtype=torch.float64)
    grid = 3 * torch.rand(2, 4, 7, 2, generator=chance(1), dtype=torch.float64) - 1.5
    assert torch.autograd.gradcheck(lambda x: sampled(x, grid), image.clone().requires_grad_(True))
    assert torch.autograd.gradgradcheck(lambda x: sampled(x, grid), image.clone().requires_grad_(True))


def test_the_augmentation_has_a_second_derivative() -> None:
    image = torch.randn(1, 3, 16, 16, generator=chance(3))
    one = torch.randn(1, 3, 16, 16, generator=chance(4))
    step = 0.1

    def squared(x: Tensor) -> Tensor:
        x = x.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(augmented(x, 1.0, chance(5)).square().sum(), x)
        return slope.double().square().sum()

    found = (second(lambda x: augmented(x, 1.0, chance(5)), image) * one).sum()
    expected = (squared(image + step * one) - squared(image - step * one)) / (2 * step)  # exact: it is a quadratic
    assert float(found) == pytest.approx(float(expected), rel=1e-3)


def test_the_filter_is_of_length_1_and_orthogonal_to_its_even_shifts() -> None:
    taps = torch.tensor(augment.SYM6, dtype=torch.float64)
    assert float(taps.sum()) == pytest.approx(math.sqrt(2), abs=1e-10)
    assert float(taps @ taps) == pytest.approx(1, abs=1e-10)
    assert all(float(taps[2 * k :] @ taps[: -2 * k]) == pytest.approx(0, abs=1e-10) for k in range(1, 6))
