"""What the network promises: any size, nothing seen under the hole, no guidance seen outside it."""

from __future__ import annotations

import pytest
import torch
from scfegan_fixtures import gap, picture, published, small

from retoucher.models.scfegan import SCFEGAN
from retoucher.models.scfegan import network as networks
from retoucher.models.scfegan.inputs import begun
from retoucher.models.scfegan.network import Sizes

KINDS = {"ours": small, "released": published}


@pytest.fixture(params=KINDS, scope="module")
def model(request: pytest.FixtureRequest) -> SCFEGAN:
    return KINDS[request.param]()


@pytest.mark.parametrize("size", [(1, 1), (37, 64), (64, 129), (130, 31)])
def test_any_size_comes_back_as_it_was(model: SCFEGAN, size: tuple[int, int]) -> None:
    with torch.inference_mode():
        filled = model(**picture(*size, count=2))
    assert filled.shape == (2, 3, *size)
    assert filled.dtype == torch.float32
    assert 0 <= float(filled.min()) <= float(filled.max()) <= 1


@pytest.mark.parametrize("lies", [float("nan"), float("inf"), -3.0])
def test_what_lies_under_the_hole_cannot_reach_the_result(model: SCFEGAN, lies: float) -> None:
    given = picture(70, 90)
    with torch.inference_mode():
        expected = model(**given)
        spoilt = given | {"image": given["image"].masked_fill(given["mask"] > 0, lies)}
        assert torch.equal(model(**spoilt), expected)


@pytest.mark.parametrize("lies", [1.0, float("nan")])
def test_lines_colours_and_bits_outside_the_hole_are_not_seen(model: SCFEGAN, lies: float) -> None:
    given = picture(70, 90)
    outside = given["mask"] == 0
    with torch.inference_mode():
        expected = model(**given)
        for name in ("sketch", "color", "painted", "noise"):
            spoilt = given | {name: given[name].masked_fill(outside, lies)}
            assert torch.equal(model(**spoilt), expected), name


def test_colours_count_only_where_they_are_painted(model: SCFEGAN) -> None:
    given = picture(70, 90)
    bare = given["painted"] == 0
    with torch.inference_mode():
        expected = model(**given)
        for lies in (0.0, 1.0, float("nan")):
            assert torch.equal(model(**given | {"color": given["color"].masked_fill(bare, lies)}), expected)
        elsewhere = given | {"color": 1 - given["color"]}
        assert gap(model(**elsewhere), expected) > 1e-3


def test_every_kind_of_guidance_changes_the_hole(model: SCFEGAN) -> None:
    given = picture(70, 90)
    inside = given["mask"].expand(-1, 3, -1, -1) > 0
    with torch.inference_mode():
        expected = model(**given)
        for name in ("sketch", "color", "painted"):
            without = model(**given | {name: torch.zeros_like(given[name])})
            assert gap(without[inside], expected[inside]) > 1e-4, name


def test_bits_count_for_the_released_network_only() -> None:
    given = picture(70, 90)
    bare = {name: tensor for name, tensor in given.items() if name != "noise"}
    ours, released = small(), published()
    with torch.inference_mode():
        assert torch.equal(ours(**bare), ours(**given))
        assert gap(released(**bare), released(**given)) > 1e-4


def test_guidance_may_be_left_out_and_black_is_paint_only_where_it_is_said_to_be() -> None:
    given, model = picture(70, 90), small()
    nothing = {name: torch.zeros_like(given[name]) for name in ("sketch", "color", "painted")}
    with torch.inference_mode():
        plain = model(given["image"], given["mask"])
        assert torch.equal(model(given["image"], given["mask"], **nothing), plain)
        black = nothing | {"painted": given["painted"]}
        assert gap(model(given["image"], given["mask"], **black), plain) > 1e-4
        del black["painted"]
        assert torch.equal(model(given["image"], given["mask"], **black), plain)
        seen = (given["color"] > 0).any(1, keepdim=True).float()
        alone = model(given["image"], given["mask"], color=given["color"])
        assert torch.equal(alone, model(given["image"], given["mask"], color=given["color"], painted=seen))


def test_masks_and_lines_of_any_strength_count_whole(model: SCFEGAN) -> None:
    given = picture(40, 50)
    weak = given | {name: 0.2 * given[name] for name in ("mask", "sketch", "painted", "noise")}
    with torch.inference_mode():
        assert torch.equal(model(**weak), model(**given))


def test_pictures_of_a_batch_do_not_see_each_other(model: SCFEGAN) -> None:
    one, two = picture(64, 64, seed=1), picture(64, 64, seed=2)
    both = {name: torch.cat([one[name], two[name]]) for name in one}
    with torch.inference_mode():
        assert gap(model(**both), torch.cat([model(**one), model(**two)])) < 1e-5


def test_while_training_values_are_not_clipped() -> None:
    model = small()
    given = picture(64, 64)
    model.core.last.conv.bias.data[:] = 9.0
    with torch.no_grad():
        free = model.train()(**given)
        assert float(free.max()) > 1
        assert gap(model.eval()(**given), free.clamp(0, 1)) == 0


def test_ours_says_what_to_change_of_a_smooth_filling_and_leaves_the_rest() -> None:
    given, model = picture(70, 90), small()
    nothing = changing_nothing(small())
    hole = given["mask"] > 0
    with torch.inference_mode():
        known = torch.where(hole, 0, given["image"])
        assert gap(torch.where(hole, 0, model(**given)), known) < 1e-6
        smooth = begun(given["image"], given["mask"], given["color"], given["painted"] * given["mask"])
        assert gap(nothing(**given), smooth.clamp(0, 1)) < 1e-6
        assert gap(model(**given), smooth) > 0.05


def changing_nothing(model: SCFEGAN) -> SCFEGAN:
    """The same network, changing nothing."""
    torch.nn.init.zeros_(model.core.last.conv.weight)
    torch.nn.init.zeros_(model.core.last.conv.bias)
    return model


def test_the_released_network_has_its_published_size() -> None:
    with torch.device("meta"):
        model = networks.published()
    unused = 512 * 3 + 256 + 128 + 64 + 3  # biases2 of the seven transposed layers
    assert sum(parameter.numel() for parameter in model.parameters()) == 92_886_100 - unused
    assert (model.fit.multiple, model.fit.best) == (128, 512)
    widths = [step.channels for step in Sizes.published().encoder]
    assert widths == [64, 128, 256, 512, 512, 512, 512]


def test_working_sides_fit_the_network() -> None:
    ours, released = small(), published()
    for side in (1, 64, 128, 200, 256, 300, 511, 512, 4000):
        assert released.working_side(side) == 512
        working = ours.working_side(side)
        assert working % ours.fit.multiple == 0
        assert 128 <= working <= ours.fit.best
    assert [ours.working_side(512, extent) for extent in (0, 60, 256, 384, 512)] == [512, 512, 384, 256, 256]


def test_ours_is_small_enough_to_ship() -> None:
    with torch.device("meta"):
        model = networks.small()
    assert 2 * sum(parameter.numel() for parameter in model.parameters()) < 6_000_000
