"""The planes that the generators read, channel by channel."""

from __future__ import annotations

import pytest
import torch
from scfegan_fixtures import gap, picture

from retoucher.models.scfegan.inputs import BITS, begun, published_planes, random_bits, small_planes


def given() -> tuple[torch.Tensor, ...]:
    """Image, hole, lines, colours, paint and bits as the network hands them on: nothing outside the hole."""
    all_of_it = picture(20, 30)
    hole = all_of_it["mask"]
    names = ("sketch", "painted", "noise")
    sketch, painted, noise = (all_of_it[name] * hole for name in names)
    return all_of_it["image"], hole, sketch, all_of_it["color"] * painted, painted, noise


def test_the_released_planes_stand_in_the_released_order_blue_first() -> None:
    image, hole, sketch, color, painted, noise = given()
    x = published_planes(image, hole, sketch, color, painted, noise)
    assert x.shape == (1, 9, 20, 30)
    inside = (hole > 0)[:, 0]
    for channel, ours in enumerate((2, 1, 0)):
        assert gap(x[:, channel][~inside], 2 * image[:, ours][~inside] - 1) < 1e-6
        assert not x[:, channel][inside].any()  # mid grey
    assert torch.equal(x[:, 3:4], sketch)
    assert torch.equal(x[:, 7:8], hole)
    assert torch.equal(x[:, 8:9], noise)
    covered, bare = (painted > 0)[:, 0], ((hole > 0) & (painted == 0))[:, 0]
    bright = covered & (color.amax(1) >= 24 / 255)
    for channel, ours in zip((4, 5, 6), (2, 1, 0), strict=True):
        assert gap(x[:, channel][bright], 2 * color[:, ours][bright] - 1) < 1e-6
        assert set(x[:, channel][bare].tolist()) == {-1}
        assert not x[:, channel][~inside].any()


@pytest.mark.parametrize("level", [0.0, 8 / 255, 23 / 255])
def test_dark_paint_is_lifted_so_that_the_released_network_sees_it(level: float) -> None:
    image, hole, sketch, color, painted, noise = given()
    dark = published_planes(image, hole, sketch, torch.full_like(color, level) * painted, painted, noise)
    covered = (painted > 0).expand(-1, 3, -1, -1)
    assert gap(dark[:, 4:7][covered], torch.full_like(dark[:, 4:7][covered], 2 * 24 / 255 - 1)) < 1e-6
    red = torch.zeros_like(color)
    red[:, 0] = 1
    strong = published_planes(image, hole, sketch, red * painted, painted, noise)[:, 4:7][covered].view(3, -1)
    assert strong.unique(dim=1).flatten().tolist() == [-1, -1, 1]  # a strong colour is left as it is


def test_our_planes_say_where_paint_is_so_that_black_is_a_colour() -> None:
    image, hole, sketch, color, painted, noise = given()
    x = small_planes(image, hole, sketch, color, painted, noise)
    assert x.shape == (1, 9, 20, 30)
    assert gap(x[:, :3], 2 * begun(image, hole, color, painted) - 1) < 1e-6
    assert torch.equal(x[:, 3:4], sketch)
    assert gap(x[:, 4:7], (2 * color - 1) * painted) < 1e-6
    assert torch.equal(x[:, 7:8], hole)
    assert torch.equal(x[:, 8:9], painted)
    black = small_planes(image, hole, sketch, 0 * color, painted, noise)
    assert set(black[:, 4:7][(painted > 0).expand(-1, 3, -1, -1)].tolist()) == {-1}
    assert torch.equal(small_planes(image, hole, sketch, color, painted, 1 - noise), x)


def test_the_filling_begins_with_the_paint_and_the_photo() -> None:
    image, hole, _, color, painted, _ = given()
    smooth = begun(image, hole, color, painted)
    known, covered = (hole == 0).expand(-1, 3, -1, -1), (painted > 0).expand(-1, 3, -1, -1)
    assert torch.equal(smooth[known], image[known])
    assert torch.equal(smooth[covered], color[covered])
    spoilt = image.masked_fill(hole > 0, float("nan"))
    assert torch.equal(begun(spoilt, hole, color, painted), smooth)
    assert float(image.min()) - 1e-6 <= float(smooth.min()) <= float(smooth.max()) <= 1


def test_bits_are_set_as_often_as_in_the_released_program() -> None:
    bits = random_bits(500, 600, 3)
    assert bits.shape == (1, 1, 500, 600)
    assert set(bits.unique().tolist()) == {0, 1}
    assert float(bits.mean()) == pytest.approx(0.159, abs=0.004)
    torch.manual_seed(0)
    saturated = (255 * torch.randn(300_000)).round().clamp(0, 255)  # a normal number in 8 bits, divided by 255
    assert float((saturated // 255).mean()) == pytest.approx(BITS, abs=0.004)
    assert torch.equal(random_bits(20, 30, 5), random_bits(20, 30, 5))
    assert not torch.equal(random_bits(20, 30, 5), random_bits(20, 30, 6))
