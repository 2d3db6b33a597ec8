"""What the tests of training share: a few photos, a feature network of chance, and a run from words."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from retoucher.models.common import compressed_features, features, small_features
from retoucher.models.common.compressed_features import CompressedFeatures
from retoucher.models.common.features import VGG
from retoucher.training.door import main

SHRUNK = {
    "lama": ["--size", "32", "--batch", "2", "--set", "width=4", "--set", "blocks=1", "--set", "warmup=2"],
    "partialconv": ["--size", "32", "--batch", "2", "--set", "width=4", "--set", "levels=3", "--set", "warmup=2"],
    "scfegan": ["--size", "32", "--batch", "2"]
    + [
        word
        for each in ("width=4", "deepest=8", "finish=4", "judge=16", "alone=0", "warmup=2", "cooldown=2")
        for word in ("--set", each)
    ],
    "stylegan2": ["--size", "32", "--batch", "4"]
    + [
        word
        for each in ("base=256", "most=12", "style=16", "depth=2", "strength=0.5", "adapt=100", "path=2", "r1_every=2")
        for word in ("--set", each)
    ],
    "features": ["--size", "32", "--batch", "2", "--set", "warmup=2"]
    + [word for name in ("first", "second", "third", "fourth", "fifth") for word in ("--set", f"{name}=8")],
}
"""Each method's small recipe, small enough for a test."""
JUDGED = ["--set", "loss.adversarial=0.1", "--set", "loss.feature_matching=1", "--set", "discriminator_width=4"]
"""LaMa with its discriminator."""
PUBLISHED = ["--recipe", "paper", "--size", "128", "--set", "alone=2", "--set", "features=vgg19"]
"""SC-FEGAN as published: the released graph, the gradient penalty, its discriminator coming in at the third step."""


def photo_folder(folder: Path, count: int = 3, size: tuple[int, int] = (48, 40)) -> Path:
    """PNG photos of smooth colours with an edge through them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        random = np.random.default_rng(number)
        down, across = np.mgrid[: size[0], : size[1]] / max(size)
        waves = [np.sin(random.uniform(2, 9) * down + random.uniform(2, 9) * across + i) for i in range(3)]
        picture = np.stack(waves, -1) * 90 + 127 + 30 * (across > random.uniform(0.3, 0.7))[..., None]
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / f"photo{number}.png")
    return folder


@pytest.fixture
def narrow_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feature networks of the usual depth and an eighth of the width, where the time would be spent in them."""
    for module in (features, small_features, compressed_features):
        monkeypatch.setattr(module, "WIDTHS", (8, 16, 32, 64, 64))


@lru_cache(maxsize=4)
def _features(name: str, width: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(7)
    network = VGG(19, 8) if name == "vgg19" else CompressedFeatures()
    return {name: tensor.half() for name, tensor in network.state_dict().items()}


def features_file(folder: Path, name: str = "vgg19") -> Path:
    """A VGG-19, or a compressed one, of random numbers."""
    path = folder / f"{name}.safetensors"
    if not path.exists():
        save_file(_features(name, features.WIDTHS[0]), path)
    return path


def networks(method: str) -> tuple[str, ...]:
    """The feature networks that a method's small recipe needs."""
    return ("vgg19", "vgg19-compressed") if method == "features" else ("vgg19",)


def words(method: str, base: Path, output: Path, *more: str) -> list[str]:
    """A command line for a shrunk run on three photos, in this process, without a worker."""
    size = (140, 132) if method == "scfegan" else (48, 40)  # its released graph takes no less than 128 pixels
    photos = photo_folder(base / "photos", size=size)
    features = [word for name in networks(method) for word in ("--features", f"{name}={features_file(base, name)}")]
    fixed = ["--photos", str(photos), "--output", str(output), *features, "--workers", "0", "--quiet"]
    fixed += ["--log-steps", "1", "--device", "cpu"]
    return [method, *fixed, *SHRUNK[method], *more]


def trained(method: str, base: Path, output: Path, *more: str) -> int:
    """Run it; returns the exit code."""
    return main(words(method, base, output, *more), "train")


def losses(output: Path) -> dict[int, dict[str, float]]:
    """The log by step, without what depends on the clock."""
    timed = ("images_per_second", "waiting")
    lines = [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]
    return {line["step"]: {k: v for k, v in line.items() if k not in timed} for line in lines}
