"""The published big-lama weights, where they are on this machine, give the published picture."""

from __future__ import annotations

import numpy as np
import pytest
from lama_fixtures import PARITY
from PIL import Image

from retoucher import catalogue, weights
from retoucher.models.lama import from_published, fused
from retoucher.models.lama.predict import predict


@pytest.mark.weights
def test_big_lama_gives_the_published_picture() -> None:
    copy = weights.find(catalogue.entry("big-lama"))
    if copy is None:
        pytest.skip("big-lama is not on this machine")
    image, mask, expected = (
        np.asarray(Image.open(PARITY / "golden_big_lama" / f"{name}.png").convert(mode))
        for name, mode in (("image", "RGB"), ("mask", "L"), ("expected", "RGB"))
    )
    model = from_published(weights.load_tensors(copy))
    for network in (model, fused(model)):
        result = predict(network, image, mask)
        assert np.array_equal(result[mask == 0], expected[mask == 0])
        assert np.abs(result.astype(int) - expected).max() <= 2
