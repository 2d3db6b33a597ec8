"""The networks whose features the losses compare: from a file that is named, or from those that were added."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from retoucher.errors import UsageError
from retoucher.models.common.compressed_features import compressed_features_from_published
from retoucher.models.common.features import vgg16_from_published, vgg19_from_published
from retoucher.models.lama.encoder import encoder_from_published

BUILDERS: dict[str, Callable[[Mapping[str, Tensor]], nn.Module]] = {
    "vgg19": vgg19_from_published,
    "vgg19-compressed": compressed_features_from_published,
    "vgg16": vgg16_from_published,
    "ade20k-encoder": encoder_from_published,
}


def feature_networks(names: Sequence[str], given: Sequence[str]) -> dict[str, nn.Module]:
    """The networks of these names, frozen. `given`: NAME=FILE, safetensors or a checkpoint that holds tensors only.

    Raises UsageError where one is neither given nor added, saying how to come by it.
    """
    files: dict[str, Path] = {}
    for word in given:
        name, equals, path = word.partition("=")
        if not equals or name not in BUILDERS:
            raise UsageError(f"'{word}' names no feature network: write NAME=FILE with {', '.join(BUILDERS)}.")
        files[name] = Path(path)
    return {name: BUILDERS[name](_tensors(name, files.get(name))) for name in names}


def _tensors(name: str, path: Path | None) -> Mapping[str, Tensor]:
    from retoucher import checkpoint, weights

    if path is not None:
        if not path.is_file():
            raise UsageError(f"There is no {path}: give the file of {name}.")
        return checkpoint.read(path)
    from retoucher import catalogue

    copy = weights.find(catalogue.entry(name))
    if copy is None:
        raise UsageError(
            f"The losses of this recipe see with {name}, which is not here: `retoucher weights add {name} FILE`, or "
            f"--features {name}=FILE (docs/weights.md says where it comes from)."
        )
    return weights.load_tensors(copy)
