"""Tensors in a file, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from retoucher.errors import RetoucherError
from retoucher.files import write_whole

if TYPE_CHECKING:
    from torch import Tensor


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """One safetensors file in a folder that is there; RetoucherError where it cannot be written, and the old stays."""
    from safetensors.torch import save

    write_whole(
        path, save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}), overwrite=True
    )


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, on the CPU. Raises RetoucherError where it is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise RetoucherError(f"{path} cannot be read ({error}).") from error
