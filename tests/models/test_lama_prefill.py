"""Ours: the smooth filling before the network, and a network that begins by leaving it as it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from retoucher.models.lama import from_published
from retoucher.models.lama.fused import fused
from retoucher.models.lama.network import FourierGenerator, Sizes
from retoucher.models.lama.prefill import mark, membrane, repainted


def case(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(height)
    mask = torch.zeros(1, 1, height, width)
    mask[..., height // 4 : height // 2, width // 4 : width - 3] = 1
    return torch.rand(1, 3, height, width), mask


def laplace(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Naive reference: relax until nothing moves any more."""
    x = np.where(mask, 0.5, image).astype(np.float64)
    for _ in range(20000):
        wide = np.pad(x, 1, mode="edge")
        mean = (wide[1:-1, :-2] + wide[1:-1, 2:] + wide[:-2, 1:-1] + wide[2:, 1:-1]) / 4
        x = np.where(mask, mean, image)
    return x


def test_the_membrane_nearly_solves_laplaces_equation() -> None:
    image, mask = case(32, 40)
    smooth = torch.linspace(0, 1, 40).expand(1, 3, 32, 40) * 0.7 + image * 0.05
    found = membrane(smooth, mask)[0, 0].numpy()
    wanted = laplace(smooth[0, 0].numpy(), mask[0, 0].numpy() > 0)
    assert np.abs(found - wanted).max() < 0.04
    assert np.abs(found - wanted).mean() < 0.004


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (61, 45), (3, 50)])
def test_the_membrane_keeps_the_known_and_does_not_read_the_hole(size: tuple[int, int]) -> None:
    image, mask = case(*size)
    filled = membrane(image, mask)
    assert torch.equal(filled[mask.expand_as(filled) == 0], image[mask.expand_as(image) == 0])
    spoilt = image.masked_fill(mask > 0, float("nan"))
    assert torch.equal(membrane(spoilt, mask), filled)
    assert filled.min() >= image.min()
    assert filled.max() <= image.max()


def test_nothing_known_is_grey() -> None:
    assert torch.equal(membrane(torch.rand(1, 3, 9, 7), torch.ones(1, 1, 9, 7)), torch.full((1, 3, 9, 7), 0.5))


def toy() -> FourierGenerator:
    torch.manual_seed(1)
    made = FourierGenerator(Sizes.published(width=8, blocks=2))
    mark(made)
    return made.eval()


def test_a_new_network_changes_nothing() -> None:
    image, mask = case(32, 40)
    assert torch.allclose(repainted(toy(), image, mask), membrane(image, mask), atol=1e-6)


@pytest.mark.parametrize("size", [(32, 40), (45, 61)])
def test_its_weights_say_what_it_is_and_the_fused_form_agrees(size: tuple[int, int]) -> None:
    made = toy()
    torch.nn.init.normal_(made.model[-2].weight, std=0.02)  # type: ignore[union-attr, arg-type]
    network = from_published(made.state_dict())
    assert network.prefilled
    image, mask = case(*size)
    with torch.no_grad():
        found, quick = network(image, mask), fused(network)(image, mask)
        spoilt = network(image.masked_fill(mask > 0, float("nan")), mask)
    assert torch.allclose(found, quick, atol=1e-5)
    assert torch.equal(found, spoilt)
    assert float((found - membrane(image, mask)).abs().max()) > 0.005
    hole = mask.expand_as(found) > 0
    assert torch.equal(found[~hole], image[~hole])
    plain = {name: tensor for name, tensor in made.state_dict().items() if name != "prefilled"}
    assert not from_published(plain).prefilled
