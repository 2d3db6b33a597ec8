"""Weights that ship are half as large and the same network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from retoucher.models.lama import from_published
from retoucher.models.lama.recipe import SMALL, generator
from retoucher.training.settings import changed
from retoucher.training.ship import halved, main


def test_half_the_size_and_the_same_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    made = generator(changed(SMALL, ["width=8", "blocks=1"]))
    torch.nn.init.normal_(made.model[-2].weight, std=0.02)  # type: ignore[union-attr, index, arg-type]
    save_file(made.state_dict(), tmp_path / "run.safetensors")
    main(tmp_path / "run.safetensors", tmp_path / "small.safetensors")
    said = capsys.readouterr().out
    assert f"{sum(parameter.numel() for parameter in made.parameters())} parameters" in said
    small = load_file(tmp_path / "small.safetensors")
    assert {tensor.dtype for tensor in small.values()} == {torch.float16, torch.int64}
    assert (tmp_path / "small.safetensors").stat().st_size < 0.62 * (tmp_path / "run.safetensors").stat().st_size
    one, other = from_published(made.state_dict()), from_published(small)
    image, mask = torch.rand(1, 3, 32, 48), torch.zeros(1, 1, 32, 48)
    mask[..., 8:20, 10:30] = 1
    with torch.no_grad():
        assert float((one(image, mask) - other(image, mask)).abs().max()) < 2e-3


def test_what_float16_cannot_hold_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot hold big"):
        halved({"big": torch.tensor([1e6]), "count": torch.tensor(3)})
