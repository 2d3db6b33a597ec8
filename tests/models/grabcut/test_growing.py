"""Region growing, the guided filter and GrabCut, each on pictures whose answer is known."""

import cv2
import numpy as np
import pytest
import torch

from retoucher.models.common.growing import Ground, filled, outline
from retoucher.models.common.guided import coefficients
from retoucher.models.grabcut import GrabCut

SIZE = (120, 160)
NONE = np.zeros(SIZE, bool)


def disc(x, y, radius, size=SIZE):
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.hypot(columns - x, rows - y) <= radius


def picture(*things, ground=(90, 120, 90), noise=6, seed=0):
    """Things (mask, colour) on a ground with noise: (h, w, 3) uint8."""
    rgb = np.full((*SIZE, 3), ground, float)
    for mask, colour in things:
        rgb[mask] = colour
    rgb += np.random.default_rng(seed).normal(0, noise, rgb.shape)
    return rgb.round().clip(0, 255).astype(np.uint8)


def likeness(one, other):
    return (one & other).sum() / (one | other).sum()


def asked(rgb, points=(), belongs=(), boxes=(), guess=None):
    image = torch.from_numpy(rgb.transpose(2, 0, 1).copy())[None] / 255
    first = None if guess is None else torch.from_numpy(guess.astype(np.float32))[None, None]
    answer = GrabCut()(
        image,
        torch.tensor(points).float().reshape(-1, 2),
        torch.tensor(belongs).bool(),
        torch.tensor(boxes).float().reshape(-1, 4),
        first,
    )
    assert answer.shape == (1, 1, *SIZE)
    assert answer.min() >= 0
    assert answer.max() <= 1
    return answer[0, 0].numpy() > 0.5


@pytest.mark.parametrize("radius", [6, 20, 45])
def test_a_region_grows_to_the_edge_of_the_thing_and_no_further(radius):
    thing = disc(80, 60, radius)
    region = Ground(picture((thing, (200, 60, 40)))).grow(80, 60, NONE, NONE)
    assert likeness(region.array, thing) > 0.9
    assert region.score > 0


def test_a_region_stops_at_walls_and_never_holds_what_is_forbidden():
    ground = Ground(picture((disc(80, 60, 40), (200, 60, 40))))
    walls, forbidden = NONE.copy(), NONE.copy()
    walls[:, 85:88] = True
    assert not ground.grow(70, 60, NONE, walls).array[:, 85:].any()
    forbidden[60, 100] = True
    assert not ground.grow(70, 60, forbidden, NONE).array[60, 100]


def test_a_background_that_encloses_a_thing_does_not_swallow_it():
    thing = disc(80, 60, 20)
    region = Ground(picture((thing, (200, 60, 40)))).grow(5, 5, thing, NONE)
    assert not (region.array & thing).any()


def test_an_even_picture_has_no_thing():
    region = Ground(np.full((*SIZE, 3), 128, np.uint8)).grow(80, 60, NONE, NONE)
    assert (region.score, region.array.sum()) == (0, 1)


def test_filled_and_outline_are_what_they_say():
    ring = disc(80, 60, 20) & ~disc(80, 60, 15)
    assert np.array_equal(filled(ring), disc(80, 60, 20))
    assert outline(np.ones(SIZE, bool)).sum() == 0
    assert outline(disc(80, 60, 0)).sum() == 9


def test_coefficients_explain_a_mask_by_the_colours_it_has():
    thing = disc(80, 60, 30)
    rgb = picture((thing, (200, 60, 40)), noise=0).astype(np.float32) / 255
    off = np.roll(thing, 3, 1).astype(np.float32)
    line = coefficients(rgb, off, 8, 1e-4)
    follows = (line[..., :3] * rgb).sum(-1) + line[..., 3] > 0.5
    assert likeness(follows, thing) > 0.99 > likeness(off > 0.5, thing)


def test_a_box_finds_a_thing_of_two_colours():
    body, head = disc(80, 70, 30), disc(80, 32, 14)
    rgb = picture((body, (200, 60, 40)), (head, (230, 200, 60)))
    assert likeness(asked(rgb, boxes=[[48, 16, 64, 86]]), body | head) > 0.95


def test_clicks_alone_find_a_thing_and_a_click_that_excludes_takes_one_away():
    left, right = disc(50, 60, 20), disc(95, 60, 26)
    rgb = picture((left, (200, 60, 40)), (right, (190, 90, 60)))
    both = asked(rgb, [[50, 60], [95, 60]], [True, True])
    assert likeness(both, left | right) > 0.93
    one = asked(rgb, [[50, 60], [105, 60]], [True, False])
    assert one[60, 50]
    assert not one[60, 105]
    assert likeness(one, left & ~right) > 0.9


def test_a_guess_is_improved():
    thing = disc(80, 60, 30)
    rgb = picture((thing, (200, 60, 40)))
    guess = np.roll(disc(80, 60, 25), 4, 1)
    found = asked(rgb, guess=guess)
    assert likeness(found, thing) > 0.95 > likeness(guess, thing)


def test_the_same_input_gives_the_same_answer():
    rgb = picture((disc(80, 60, 30), (120, 120, 70)), noise=25)
    first = asked(rgb, [[80, 60]], [True])
    cv2.setRNGSeed(77)
    assert np.array_equal(asked(rgb, [[80, 60]], [True]), first)
