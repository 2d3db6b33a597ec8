"""What training is made of needs torch, numpy, Pillow, OpenCV and safetensors, and nothing else that is installed."""

from __future__ import annotations

import subprocess
import sys

ELSEWHERE = ("pydantic", "cyclopts", "rich", "kornia", "numba", "scipy", "pooch", "platformdirs", "imagecodecs")
PARTS = (
    "training.holes",
    "training.hole_sets",
    "training.irregular",
    "training.silhouettes",
    "models.lama.discriminator",
    "models.lama.encoder",
    "models.lama.loss",
    "training.crops",
    "training.door",
    "training.command",
    "training.__main__",
    "training.fabric",
)


def test_the_parts_of_training_import_where_nothing_else_is_installed() -> None:
    hidden = f"import sys; sys.modules.update(dict.fromkeys({ELSEWHERE!r}))"
    code = "; ".join([hidden, *(f"import retoucher.{part}" for part in PARTS)])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
