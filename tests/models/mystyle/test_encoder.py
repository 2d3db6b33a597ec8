"""The encoder's blocks are the published program's; a whole encoder comes back from its tensors."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from retoucher.errors import RetoucherError
from retoucher.models.mystyle.base import Base, from_published
from retoucher.models.mystyle.encoder import (
    IRSE,
    GradualStyle,
    Trunk,
    WEncoder,
    encoder_from_published,
    upsampled_sum,
)
from retoucher.models.mystyle.stylegan2.generator import Sizes, StyleGAN2

FIXTURE = Path(__file__).parents[2] / "parity" / "mystyle" / "encoder_blocks.safetensors"
BLOCKS = {
    "ir_se_16_32_s2": lambda: IRSE(16, 32, 2),
    "ir_se_32_32_s2": lambda: IRSE(32, 32, 2),
    "gradual_style_16_16_16": lambda: GradualStyle(16, 16, 16),
}
SMALL = Trunk(8, (8, 16, 24), (2, 1, 2), 12)


@pytest.fixture(scope="module")
def published():
    return load_file(FIXTURE)


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_are_the_published_ones(published, name):
    block = BLOCKS[name]().eval()
    start = f"weights/{name}/"
    block.load_state_dict({key.removeprefix(start): value for key, value in published.items() if key.startswith(start)})
    with torch.no_grad():
        found = block(published[f"input/{name}"])
    assert torch.allclose(found, published[f"output/{name}"], rtol=0, atol=1e-4)  # values up to 12


def test_the_pyramid_aligns_corners(published):
    found = upsampled_sum(published["input/upsample_add/x"], published["input/upsample_add/y"])
    assert torch.allclose(found, published["output/upsample_add"], rtol=0, atol=1e-6)


def test_the_published_encoder_has_its_published_size_and_taps():
    with torch.device("meta"):
        encoder = WEncoder(Trunk())
        assert encoder(torch.zeros(1, 3, 256, 256, device="meta")).shape == (1, 512)
        features = encoder.body(encoder.input_layer(torch.zeros(1, 3, 256, 256, device="meta")))
    assert len(encoder.body) == 24
    assert features.shape == (1, 512, 16, 16)
    assert 31.0e6 < sum(parameter.numel() for parameter in encoder.parameters()) < 31.4e6


def test_an_encoder_comes_back_from_its_tensors_with_its_mean_style():
    torch.manual_seed(0)
    encoder = WEncoder(SMALL)
    encoder(torch.randn(8, 3, 32, 32))  # its BatchNorms have seen something
    encoder.eval()
    tensors = encoder.state_dict()
    again = encoder_from_published(tensors)
    image = torch.randn(2, 3, 32, 32)
    assert again.sizes == SMALL
    assert torch.equal(again(image), encoder(image))
    mean = torch.randn(5, 12)[:1].repeat(5, 1)
    assert torch.allclose(encoder_from_published(tensors, mean)(image), encoder(image) + mean[0])
    with pytest.raises(RetoucherError, match=r"body\.1\.res_layer\.0\.bias"):
        encoder_from_published({name: t for name, t in tensors.items() if name != "body.1.res_layer.0.bias"})
    with pytest.raises(RetoucherError, match="no encoder"):
        encoder_from_published({"linear.weight": torch.zeros(3, 3)})


@pytest.mark.parametrize("generator", ["core.", "decoder."])
def test_a_base_is_a_generator_with_or_without_an_encoder(generator):
    torch.manual_seed(0)
    base = Base(StyleGAN2(Sizes.of(32, 256, 16, 12, 2)), WEncoder(SMALL)).eval()
    tensors = {name.replace("core.", generator, 1): tensor for name, tensor in base.state_dict().items()}
    again = from_published(tensors)
    image = torch.rand(2, 3, 32, 32)
    assert torch.equal(again.encode(image), base.encode(image))
    assert torch.equal(
        again(base.encode(image)[:, None].repeat(1, 8, 1)), base(base.encode(image)[:, None].repeat(1, 8, 1))
    )
    alone = from_published({name: t for name, t in tensors.items() if not name.startswith("encoder.")})
    with pytest.raises(RetoucherError, match="no encoder"):
        alone.encode(image)
