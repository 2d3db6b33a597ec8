"""How well and how fast small feature networks answer as VGG-19 does.

    python benchmarks/features.py --photos FOLDER_OR_TAR … --vgg19 FILE --compressed FILE [--limit 24] [NAME=FILE …]

Compares `features-small` (and any NAME=FILE of the same kind) and the compressed VGG-19 with the genuine one up to
relu3_1, and with the compressed one beyond, on the middles (256 pixels) of photos: the share of the variance of all
channels that is left unexplained, the relative error of the Gram matrices, the median correlation of a channel. Then
milliseconds for the gradient of a picture of 400 pixels through all layers.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import mean, median

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from retoucher.models.common.compressed_features import JoinedFeatures, compressed_features_from_published
from retoucher.models.common.features import vgg_from_published
from retoucher.models.common.small_features import LAYERS, small_features_from_published
from retoucher.models.harmonization.features_objective import errors
from retoucher.training.photos import Photos

SIDE, TIMED = 256, 400


def correlation(wanted: Tensor, given: Tensor) -> float:
    """The median over channels (N, C, H, W) that vary at all."""
    a, b = (each.transpose(0, 1).flatten(1).double() for each in (wanted, given))
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    norms = a.norm(dim=1) * b.norm(dim=1)
    return float(((a * b).sum(1)[norms > 0] / norms[norms > 0]).median())


def milliseconds(network: nn.Module, reduced: bool) -> float:
    """For the gradient of a picture through all layers; median of five after two."""
    picture, spent = torch.rand(1, 3, TIMED, TIMED), []
    for _ in range(7):
        picture = picture.detach().requires_grad_(True)
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=reduced):
            found = network(picture, LAYERS)
        torch.autograd.backward(found, [each.detach() for each in found])
        spent.append(1000 * (time.perf_counter() - began))
    return median(spent[2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", nargs="+", required=True)
    parser.add_argument("--vgg19", required=True, type=Path)
    parser.add_argument("--compressed", required=True, type=Path)
    parser.add_argument("--limit", type=int, default=24)
    parser.add_argument("others", nargs="*", metavar="NAME=FILE")
    asked = parser.parse_args()
    vgg = vgg_from_published(19, load_file(asked.vgg19), caffe=True, ceil=True)
    compressed = compressed_features_from_published(load_file(asked.compressed))
    teacher = JoinedFeatures(vgg, compressed)
    shipped = Path(__file__).parents[1] / "src/retoucher/data/features-small.safetensors"
    files = {"features-small": shipped} | dict(word.split("=", 1) for word in asked.others)
    networks: dict[str, nn.Module] = {
        name: small_features_from_published(load_file(path)) for name, path in files.items() if Path(path).exists()
    }
    networks["compressed"] = compressed
    photos = Photos.open(asked.photos)
    pictures = []
    for number in range(min(asked.limit, len(photos))):
        photo = torch.from_numpy(photos.decode(number).copy()).permute(2, 0, 1).float() / 255
        top, left = (photo.shape[1] - SIDE) // 2, (photo.shape[2] - SIDE) // 2
        if min(top, left) >= 0:
            pictures.append(photo[:, top : top + SIDE, left : left + SIDE])
    print(f"{len(pictures)} photos\n\n| network | layer | unexplained | Gram | correlation |\n|---|---|---|---|---|")
    with torch.no_grad():
        batches = torch.stack(pictures).split(4)
        for name, network in networks.items():
            for layer in LAYERS if name != "compressed" else LAYERS[:3]:
                pairs = [(teacher(batch, [layer])[0], network(batch, [layer])[0]) for batch in batches]
                found = [errors(*pair) for pair in pairs]
                wanted, given = (torch.cat(each) for each in zip(*pairs, strict=True))
                _, channels, grams = (mean(float(each[i]) for each in found) for i in range(3))
                print(f"| {name} | {layer} | {channels:.3f} | {grams:.4f} | {correlation(wanted, given):.3f} |")
    print("\n| network | milliseconds | in bfloat16 |\n|---|---|---|")
    for name, network in {"genuine and compressed": teacher, **networks}.items():
        placed = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        print(f"| {name} | {milliseconds(placed, False):.0f} | {milliseconds(placed, True):.0f} |", flush=True)


if __name__ == "__main__":
    main()
