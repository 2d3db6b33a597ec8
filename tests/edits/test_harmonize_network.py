"""Harmonizing with the real solver over tiny random features: whatever it is given, it ends well."""

import numpy as np
import pytest
import torch

from painters import disc, painting
from retoucher.edits.harmonize import Harmonize
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.models.common.small_features import Sizes, SmallFeatures
from retoucher.models.harmonization.network import Harmonization

SIZE = (64, 80)


@pytest.fixture(scope="module")
def load():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        features = SmallFeatures(Sizes(8, (8, 8, 8, 8))).eval().requires_grad_(False)
    model = Harmonization(features)
    return lambda name: model


def flat(value, channels=3):
    return Image.from_array(np.full((*SIZE, channels), value, np.uint8))


def lit(value):
    samples = disc(30, 40).samples.copy()
    samples[..., :3] = value
    return Image.from_array(samples)


CASES = {
    "a photo in a painting": (painting(SIZE), disc(30, 40), {}),
    "the finish alone": (painting(SIZE), disc(30, 40), {"passes": 0, "finish": True}),
    "colours alone": (painting(SIZE), disc(30, 40), {"strength": 0}),
    "fully": (painting(SIZE), disc(30, 40), {"strength": 1, "finish": True}),
    "strokes of a part": (painting(SIZE), disc(30, 40), {"like": "0,0,40,40"}),
    "a grey painting": (painting(SIZE, channels=1), disc(30, 40), {}),
    "a one-coloured painting": (flat(120), disc(30, 40), {}),
    "a one-coloured object": (painting(SIZE), lit(200), {}),
    "one colour in another": (flat(0), lit(255), {}),
    "the same colour": (flat(90), lit(90), {}),
    "a tiny object": (painting(SIZE), disc(9, 12), {}),
    "a thin object": (painting(SIZE), disc(3, 60), {}),
    "a larger painting than it works at": (painting((150, 200)), disc(60, 80), {"size": 128}),
}


@pytest.mark.parametrize("case", CASES)
def test_it_ends_well_and_what_is_outside_stays(case, load):
    image, thing, options = CASES[case]
    one = Harmonize(**({"steps": 2, "finish": False} | options)).run(image, thing, load=load)
    kept = ~one.changed.array
    assert 0 < one.changed.area < kept.size
    assert np.array_equal(one.image.samples[kept], image.samples[kept])
    assert one.image.samples.dtype == image.samples.dtype
    assert one.image.color == image.color
    full = options.get("passes", 2) == 2 and options.get("strength") != 0 and max(thing.size) > 15
    assert list(one.views) == (["correspondence"] if full else [])


def test_the_same_again_gives_the_same_bytes(load):
    runs = [Harmonize(steps=2).run(painting(SIZE), disc(30, 40), load=load).image for _ in range(2)]
    assert runs[0].samples.tobytes() == runs[1].samples.tobytes()


def test_a_mask_at_all_borders_and_a_composite(load):
    naive = painting(SIZE, seed=5)
    ring = Mask.from_boxes(SIZE, [(30, 24, 36, 28)]).invert()
    result = Harmonize(steps=2, finish=False).run(painting(SIZE), composite=naive, mask=ring, load=load)
    kept = ~result.changed.array
    assert np.array_equal(result.image.samples[kept], painting(SIZE).samples[kept])
    assert result.changed.array[0].all()
