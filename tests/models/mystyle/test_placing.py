"""A face that lies beside where it was looked for is found there."""

import pytest
import torch
import torch.nn.functional as F

from people import tiny_look, tiny_person
from retoucher.alignment import Square
from retoucher.models.mystyle.degrade import FewPixels, Nothing, blurred, smaller
from retoucher.models.mystyle.placing import SPANS, Placement, laid
from retoucher.models.mystyle.search import PUBLISHED, Plan, search

MOVED = torch.tensor([0.1, -0.06, 0.1, 0.08]) / torch.tensor(SPANS)


def scene(side):
    """Something smooth and lopsided: (1, 3, side, side)."""
    torch.manual_seed(4)
    return F.interpolate(torch.rand(1, 3, 5, 5), (side, side), mode="bicubic", align_corners=False)


def test_a_picture_that_is_not_moved_stays_as_it_is():
    picture = scene(33)
    assert torch.allclose(laid(picture, torch.zeros(4)), picture, atol=1e-6)
    assert Placement.of(torch.zeros(4)) == Placement()
    assert Placement().within(Square(10, 20, 30, 5)) == Square(10, 20, 30, 5)


@pytest.mark.parametrize(("side", "numbers"), [(64, MOVED), (65, -MOVED), (48, torch.tensor([0.4, 0.2, -0.3, -0.6]))])
def test_a_placement_is_where_the_picture_was_laid(side, numbers):
    """Where a point of the picture is seen, and where its square in the photo says it is, are the same place."""
    placed = Placement.of(numbers).within(Square(50, 40, 80, 12))
    looked = Square(50, 40, 80, 12)
    for share in ((0.4, 0.45), (0.55, 0.5), (0.5, 0.6)):
        (there,) = looked.inside(placed.outside(torch.tensor([share]).double().numpy()))
        columns = (torch.arange(side) + 0.5) / side
        spot = torch.exp(-((columns[None] - share[0]) ** 2 + (columns[:, None] - share[1]) ** 2) / 0.003)[None, None]
        seen = laid(spot, numbers)[0, 0]
        found = (seen.sum(0) @ columns / seen.sum(), seen.sum(1) @ columns / seen.sum())
        assert found[0] == pytest.approx(there[0], abs=0.3 / side)
        assert found[1] == pytest.approx(there[1], abs=0.3 / side)


def test_a_search_finds_a_face_that_lies_beside():
    person, look = tiny_person(), tiny_look()
    style = person.anchors[1].expand(1, person.synthesis.rows, -1)
    with torch.no_grad():
        picture = blurred(person.synthesis(style, "const"), 1.5)
        target = laid(picture, MOVED)
    near = torch.zeros(len(person.anchors))
    near[1] = 1
    plan = Plan(steps=60, plus=False, coarse=(0, 0))
    found = search(person.synthesis, person.anchors, FewPixels(smaller(target, 16), 0.5), look, 0.0, plan, near)
    wanted = Placement.of(MOVED)
    assert abs(found.placement.x - wanted.x) < 0.5 * abs(wanted.x)
    assert abs(found.placement.angle - wanted.angle) < 0.6 * abs(wanted.angle)
    fixed = Plan(steps=60, plus=False, coarse=(0, 0), placed=False)
    still = search(person.synthesis, person.anchors, FewPixels(smaller(target, 16), 0.5), look, 0.0, fixed, near)
    assert still.placement == Placement()
    assert found.losses[-1] < 0.8 * still.losses[-1]
    assert not PUBLISHED.placed


def test_a_face_in_its_place_stays_there():
    person, look = tiny_person(), tiny_look()
    with torch.no_grad():
        target = person.synthesis(person.anchors[:1, None].expand(1, person.synthesis.rows, -1), "const")
    near = torch.zeros(len(person.anchors))
    near[0] = 1
    found = search(person.synthesis, person.anchors, Nothing(target), look, 0.0, Plan(steps=20, rate=0.005), near)
    assert abs(found.placement.x) + abs(found.placement.y) < 0.02
    assert found.placement.scale == pytest.approx(1, abs=0.02)


def test_detail_is_what_few_pixels_do_not_say():
    picture = scene(64) + 0.1 * torch.rand(1, 3, 64, 64)
    few = FewPixels(smaller(picture, 16))
    detail = few.detail(picture)
    assert torch.allclose(detail + F.interpolate(few(picture), (64, 64), mode="bicubic"), picture, atol=1e-6)
    assert float(smaller(detail, 16).square().mean()) < 0.01 * float(smaller(picture, 16).square().mean())
    flat = torch.full((1, 3, 64, 64), 0.3)
    assert float(few.detail(flat).abs().max()) < 1e-5
