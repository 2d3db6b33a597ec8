"""`python -m retoucher.training.ship RUN/weights.safetensors OUT`: half-size weights to come with the package.

float16 halves the file; what BatchNorm counted is kept as whole numbers. Prints what a catalogue entry needs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from retoucher.training.checkpoint import replace
from retoucher.weights import digest


def halved(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Numbers as float16, whole numbers as they are. Raises ValueError for one that float16 cannot hold.

    BatchNorms' variances, which may be any size, stay float32 where float16 cannot hold them.
    """
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    large = [
        name for name, tensor in half.items() if name.endswith("running_var") and not bool(tensor.isfinite().all())
    ]
    half |= {name: tensors[name] for name in large}
    if lost := [name for name, tensor in half.items() if not bool(tensor.isfinite().all())]:
        raise ValueError(f"float16 cannot hold {', '.join(lost)}")
    return half


def main(source: Path, target: Path) -> None:
    """Convert a run's weights and say size, sha256 and number of parameters."""
    tensors = halved(load_file(source))
    replace(target, tensors, {"format": "pt"})
    statistics = ("running_mean", "running_var", "num_batches_tracked", "prefilled")
    count = sum(tensor.numel() for name, tensor in tensors.items() if not name.endswith(statistics))
    size = target.stat().st_size
    print(f"{target.name}: {size} bytes, sha256 {digest(target)}, {count} parameters, {torch.__version__}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
