"""The layers of the fused network: features are one tensor, local channels first, (N, C, H, W) with channels last."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retoucher.models.lama import winograd
from retoucher.models.lama.ffc import FFCLayer
from retoucher.models.lama.fourier import SpectralTransform


def affine(norm: nn.Module | None) -> tuple[Tensor, Tensor]:
    """BatchNorm in eval mode is y = scale * x + shift: (C,) each."""
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return scale, norm.bias - norm.running_mean * scale


def _weight(convolution: nn.Module | None) -> Tensor:
    """The weight of a convolution that is there."""
    assert isinstance(convolution, nn.Conv2d)
    return convolution.weight


def _rows(x: Tensor) -> Tensor:
    """(N, C, H, W), channels last -> (N H W, C), without a copy."""
    return x.permute(0, 2, 3, 1).flatten(0, 2)


class FusedLayer(nn.Module):
    """Convolutions that share their input, each of its first channels; then a shift and a ReLU.

    `weights`: (O, I, k, k) each, I channels of the input from the first on. `padding`: by reflection. `spectral`: adds
    to the last channels of the output what it makes of the last channels of the input.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        shift: Tensor,
        *,
        stride: int = 1,
        padding: int = 0,
        relu: bool = True,
        spectral: FusedSpectral | None = None,
    ) -> None:
        super().__init__()
        self.weights = nn.ParameterList(_laid_out(weight) for weight in weights)
        self.shift = nn.Parameter(shift)
        self.stride, self.padding, self.relu, self.spectral = stride, padding, relu, spectral
        self.small = stride == padding == 1 and all(weight.shape[2:] == (3, 3) for weight in weights)

    @classmethod
    def of(cls, layer: FFCLayer) -> FusedLayer:
        """The fused form of a layer that has local inputs and outputs."""
        ffc, (scale, shift) = layer.ffc, affine(layer.bn_l)
        weights = [_weight(ffc.convl2l) * scale[:, None, None, None]]
        if ffc.convg2l is not None:
            weights = [torch.cat([weights[0], _weight(ffc.convg2l) * scale[:, None, None, None]], 1)]
        spectral = None
        if layer.bn_g is not None:
            wide_scale, wide_shift = affine(layer.bn_g)
            weights.append(_weight(ffc.convl2g) * wide_scale[:, None, None, None])
            shift = torch.cat([shift, wide_shift])
            if isinstance(ffc.convg2g, SpectralTransform):
                spectral = FusedSpectral(ffc.convg2g, wide_scale)
        if len({weight.shape[1] for weight in weights}) == 1:  # the same input: one convolution
            weights = [torch.cat(weights)]
        usual = ffc.convl2l
        assert isinstance(usual, nn.Conv2d)
        assert isinstance(usual.padding, tuple)
        return cls(weights, shift, stride=usual.stride[0], padding=usual.padding[0], spectral=spectral)

    def forward(self, x: Tensor) -> Tensor:
        """(N, I, H, W) -> (N, O, H / stride, W / stride)."""
        y = self._convolved(x)
        y += self.shift[:, None, None]
        if self.spectral is not None:
            self.spectral.add_to(y, x)
        return y.relu_() if self.relu else y

    def _convolved(self, x: Tensor) -> Tensor:
        count, _, height, width = x.shape
        usual = x.device.type == "cpu" and x.dtype == torch.float32  # cuDNN chooses its own algorithms
        if usual and self.small and winograd.tiles(count, height, width) >= winograd.WORTH:
            return winograd.convolve(x.permute(0, 2, 3, 1).contiguous(), list(self.weights)).permute(0, 3, 1, 2)
        if self.padding:
            x = F.pad(x, (self.padding,) * 4, mode="reflect")
        x = x.contiguous(memory_format=torch.channels_last)
        parts = [F.conv2d(x[:, : weight.shape[1]], weight, stride=self.stride) for weight in self.weights]
        y = torch.cat(parts, 1) if len(parts) > 1 else parts[0]
        return y.contiguous(memory_format=torch.channels_last)


def _laid_out(weight: Tensor) -> nn.Parameter:
    """3x3 filters lie in memory as Winograd's transform reads them, others with channels last."""
    if weight.shape[2:] == (3, 3):
        return nn.Parameter(weight.permute(2, 3, 1, 0).contiguous().permute(3, 2, 0, 1))
    return nn.Parameter(weight.contiguous(memory_format=torch.channels_last))


class FusedSpectral(nn.Module):
    """The spectral transform as matrix products on (N H W, C), the norm of the enclosing layer (`scale`) included.

    With channels last, real and imaginary parts of a complex tensor already alternate as the Fourier unit wants them.
    """

    def __init__(self, source: SpectralTransform, scale: Tensor) -> None:
        super().__init__()
        reduce, norm, _ = source.conv1
        first, first_shift = affine(norm)
        unit, unit_shift = affine(source.fu.bn)
        self.stride = 2 if isinstance(source.downsample, nn.AvgPool2d) else 1
        self.reduce = nn.Parameter((_weight(reduce)[..., 0, 0] * first[:, None]).T.contiguous())
        self.reduce_shift = nn.Parameter(first_shift)
        self.filter = nn.Parameter((source.fu.conv_layer.weight[..., 0, 0] * unit[:, None]).T.contiguous())
        self.filter_shift = nn.Parameter(unit_shift)
        self.expand = nn.Parameter((source.conv2.weight[..., 0, 0] * scale[:, None]).T.contiguous())

    def add_to(self, y: Tensor, x: Tensor) -> None:
        """Add to the last channels of y (N, O, H / stride, W / stride) what becomes of the last channels of x."""
        x = x[:, -self.reduce.shape[0] :]
        if self.stride == 2:
            x = F.avg_pool2d(x, 2).contiguous(memory_format=torch.channels_last)
        count, _, height, width = x.shape
        inner = torch.addmm(self.reduce_shift, _rows(x), self.reduce).relu_().view(count, height, width, -1)
        inner = inner + self._filtered(inner)
        _rows(y)[:, -self.expand.shape[1] :].addmm_(inner.flatten(0, 2), self.expand)

    def _filtered(self, x: Tensor) -> Tensor:
        """The Fourier unit on (N, H, W, C); see `fourier.to_parts` and `fourier.from_parts`."""
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        spectrum = torch.fft.rfft2(wide.permute(0, 3, 1, 2), norm="ortho").permute(0, 2, 3, 1).contiguous()
        parts = torch.view_as_real(spectrum).flatten(-2).to(x.dtype)  # (N, H, W // 2 + 1, 2C)
        parts = torch.addmm(self.filter_shift, parts.flatten(0, 2), self.filter).relu_()
        pairs = parts.to(wide.dtype).view(*spectrum.shape[:3], -1, 2)
        columns = torch.fft.ifft(torch.view_as_complex(pairs), dim=1, norm="ortho")
        filtered: Tensor = torch.fft.irfft(columns, n=x.shape[2], dim=2, norm="ortho")
        return filtered.to(x.dtype)


class FusedBlock(nn.Module):
    """Residual block: the input plus both layers of it."""

    def __init__(self, first: FusedLayer, second: FusedLayer) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        y: Tensor = self.second(self.first(x))
        y += x
        return y


class LastConvolution(nn.Module):
    """A wide convolution to few channels, one column of its kernel at a time.

    Three output channels fill a fifth of a processor's vector. The columns, taken as channels, fill it: 7 x 3 outputs
    of a 7x1 kernel, which are then summed at their offsets.
    """

    def __init__(self, source: nn.Conv2d) -> None:
        super().__init__()
        outputs, inputs, height, self.columns = source.weight.shape
        weight = source.weight.permute(3, 0, 1, 2).reshape(self.columns * outputs, inputs, height, 1)
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
        assert source.bias is not None
        self.bias = nn.Parameter(source.bias[:, None, None].clone())

    def forward(self, x: Tensor) -> Tensor:
        """(N, I, H + k - 1, W + k - 1) -> (N, O, H, W)."""
        columns = F.conv2d(x, self.weight)
        width = x.shape[-1] - self.columns + 1
        y: Tensor = self.bias + columns[:, : len(self.bias), :, :width]
        for column, part in enumerate(columns.chunk(self.columns, dim=1)):
            if column:
                y += part[..., column : column + width]
        return y
