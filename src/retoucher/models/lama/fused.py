"""The same network for inference only, faster: every BatchNorm is folded into the convolution before it, the local
and the global features share one tensor with its channels last, and 3x3 convolutions on a CPU go by Winograd.

The numbers are the same but for rounding (tested). Training and checkpoints use the network as published.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from retoucher.models.lama.ffc import FFCBlock, FFCLayer, Join
from retoucher.models.lama.fused_layers import FusedBlock, FusedLayer, LastConvolution
from retoucher.models.lama.network import FourierGenerator, LaMa
from retoucher.models.lama.regular import Block, RegularGenerator


def fused(model: LaMa) -> LaMa:
    """A copy for inference: the same pictures from the same `forward` in less time; `model` itself stays as it is.

    Networks that nobody has published (with a local Fourier unit, gates, dilations or no local channels) are returned
    as they are.
    """
    core = model.core
    if not isinstance(core, FourierGenerator | RegularGenerator) or not all(_usual(part) for part in core.modules()):
        return model
    with torch.no_grad():
        copy = LaMa(FusedGenerator(core), prefilled=model.prefilled)
    return copy.eval()


def _usual(part: nn.Module) -> bool:
    """Whether there is a fused form of this part of a network."""
    if isinstance(part, FFCLayer):
        local = part.ffc.convl2l is not None
        return local and part.ffc.gate is None and getattr(part.ffc.convg2g, "lfu", None) is None
    return not (isinstance(part, Block) and part.dilated)


class FusedGenerator(nn.Module):
    """A generator of fused layers, in the convention of the one that it is made from (which must be in eval mode)."""

    def __init__(self, source: FourierGenerator | RegularGenerator) -> None:
        super().__init__()
        self.multiple, self.minimum, self.square = source.multiple, source.minimum, source.square
        self.model = nn.Sequential(*_fused(list(source.model))).requires_grad_(False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """(N, 4, H, W) -> (N, 3, H, W)."""
        out: Tensor = self.model(x.contiguous(memory_format=torch.channels_last))
        return out.contiguous()


def _fused(layers: list[nn.Module]) -> list[nn.Module]:
    """Each layer's fused form; BatchNorms become part of the convolution before them."""
    made: list[nn.Module] = []
    for layer, following in zip(layers, [*layers[1:], nn.Identity()], strict=True):
        match layer:
            case nn.BatchNorm2d() | Join():
                pass
            case nn.ReLU():
                made.append(nn.ReLU(inplace=True))
            case FFCLayer():
                made.append(FusedLayer.of(layer))
            case FFCBlock():
                made.append(FusedBlock(FusedLayer.of(layer.conv1), FusedLayer.of(layer.conv2)))
            case Block():
                made.append(_block(layer))
            case nn.Conv2d() | nn.ConvTranspose2d() if isinstance(following, nn.BatchNorm2d):
                made.append(_with_norm(layer, following))
            case nn.Conv2d():
                made.append(LastConvolution(layer))
            case _:
                made.append(layer)
    return made


def _block(block: Block) -> FusedBlock:
    """A regular residual block: reflection, convolution, BatchNorm, ReLU, and the first three again."""
    _, one, norm_one, _, _, two, norm_two = block.conv_block
    return FusedBlock(_reflected(one, norm_one), _reflected(two, norm_two, relu=False))


def _reflected(convolution: nn.Module, norm: nn.Module, *, relu: bool = True) -> FusedLayer:
    """A 3x3 convolution of a regular block, its BatchNorm included."""
    folded = _with_norm(convolution, norm)
    assert folded.bias is not None
    return FusedLayer([folded.weight], folded.bias, padding=1, relu=relu)


def _with_norm(convolution: nn.Module, norm: nn.Module) -> nn.Conv2d | nn.ConvTranspose2d:
    """The convolution with the BatchNorm that follows it folded in, its weights laid out with channels last."""
    assert isinstance(convolution, nn.Conv2d | nn.ConvTranspose2d)
    assert isinstance(norm, nn.BatchNorm2d)
    folded = fuse_conv_bn_eval(convolution, norm, transpose=isinstance(convolution, nn.ConvTranspose2d))
    folded.weight.data = folded.weight.data.contiguous(memory_format=torch.channels_last)
    return folded
