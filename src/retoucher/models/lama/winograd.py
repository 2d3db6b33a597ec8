"""3x3 convolutions on a CPU with a quarter of the multiplications: Winograd's F(4x4, 3x3) (Lavin and Gray 2016).

A tile of 4x4 outputs needs a window of 6x6 inputs. Transformed, it takes 36 multiplications for each pair of channels
instead of 144, and they are 36 large matrix products. The result is the same but for rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import torch
from torch import Tensor

TILE = 4
WINDOW = TILE + 2
POINTS = (0.0, 0.75, -0.75, 1.5, -1.5)
"""Where the polynomials are evaluated, infinity besides. Measured: half the error of the usual 0, ±1, ±2."""
CHUNK = 128
"""How many windows are transformed at a time: they stay in the cache, and large pictures take no more memory."""
WORTH = 64
"""From how many tiles on this beats a direct convolution: below, transforming the filters costs more than it saves."""


def tiles(count: int, height: int, width: int) -> int:
    """How many tiles cover `count` pictures of that size."""
    return count * -(-height // TILE) * -(-width // TILE)


@cache
def _transforms() -> tuple[Tensor, Tensor, Tensor]:
    """For inputs (36, 36), filters (36, 9), outputs (16, 36), each the Kronecker square of the one-dimensional one.

    Toom and Cook's product of polynomials, transposed; evaluating at the points is a Vandermonde matrix.
    """

    def evaluate(terms: int) -> Tensor:
        matrix = torch.tensor(POINTS, dtype=torch.float64)[:, None] ** torch.arange(terms)
        return torch.cat([matrix, torch.eye(terms, dtype=torch.float64)[-1:]])  # the last row is infinity

    each = torch.linalg.inv(evaluate(WINDOW)).T, evaluate(3), evaluate(TILE).T
    inputs, filters, outputs = (torch.kron(matrix.contiguous(), matrix.contiguous()).float() for matrix in each)
    return inputs, filters, outputs


@lru_cache(maxsize=4)
def _places(count: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Which pixel each place of each window shows, (36, tiles), and which place of which tile each pixel is, (N H W).

    Windows reach one pixel over the edge, where the picture is reflected; what lies further out is not used.
    """

    def shown(side: int) -> Tensor:  # (6, tiles along the side)
        place = (torch.arange(-(-side // TILE)) * TILE + torch.arange(-1, TILE + 1)[:, None]).abs()
        return torch.where(place < side, place, 2 * side - 2 - place).clamp(min=0)

    rows, columns, pictures = shown(height), shown(width), torch.arange(count)
    pixel = pictures[:, None, None] * height + rows[:, None, None, :, None]  # (6, 1, N, tall, 1)
    pixel = pixel * width + columns[:, None, None, :]  # (6, 6, N, tall, wide)
    y, x = torch.arange(height)[:, None], torch.arange(width)
    tile = (pictures[:, None, None] * rows.shape[1] + y // TILE) * columns.shape[1] + x // TILE  # (N, H, W)
    back = (y % TILE * TILE + x % TILE) * pixel[0, 0].numel() + tile
    return pixel.reshape(WINDOW * WINDOW, -1), back.flatten()


def convolve(x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Several 3x3 convolutions of one input, reflected at its edges, into one output.

    x is (N, H, W, C) float32, contiguous; each weight (O, I, 3, 3) convolves the first I channels. Returns
    (N, H, W, sum of O).
    """
    count, height, width, channels = x.shape
    windows, back = _places(count, height, width)
    filters = [_filters(weight) for weight in weights]
    outputs = sum(weight.shape[0] for weight in weights)
    made = x.new_empty(TILE * TILE, windows.shape[1], outputs)
    for part, out in zip(torch.split(windows, CHUNK, dim=1), torch.split(made, CHUNK, dim=1), strict=True):
        _tiles(x.view(-1, channels), part, filters, out)
    return made.view(-1, outputs).index_select(0, back).view(count, height, width, outputs)


def _filters(weight: Tensor) -> Tensor:
    """(O, I, 3, 3) -> (36, I, O). Made anew for every call: cheaper than to keep four times the weights in memory."""
    outputs, inputs = weight.shape[:2]
    flat = weight.permute(2, 3, 1, 0).reshape(9, inputs * outputs)
    return (_transforms()[1] @ flat).view(WINDOW * WINDOW, inputs, outputs)


def _tiles(pixels: Tensor, windows: Tensor, filters: list[Tensor], out: Tensor) -> None:
    """Some tiles of the output: pixels (N H W, C), windows (36, T) into out (16, T, O)."""
    inputs, _, outputs = _transforms()
    seen = pixels.index_select(0, windows.flatten()).view(WINDOW * WINDOW, -1)
    changed = (inputs @ seen).view(*windows.shape, -1)  # (36, T, C)
    parts = torch.split(out, [weight.shape[2] for weight in filters], dim=2)
    for weight, part in zip(filters, parts, strict=True):
        product = torch.bmm(changed[..., : weight.shape[1]], weight)  # (36, T, O); `out=` would use one thread only
        part.copy_((outputs @ product.flatten(1)).view(part.shape))
